import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { html, raw } from "hono/html";
import type { Html } from "../chargeback/page/cells.ts";
import type { Place } from "./navigation.ts";
import { NAVIGATION_STYLE, STYLE } from "./page-style.ts";

/** A page runs no script and fetches nothing. Only a page with forms may send something, and only to this server. */
function policyOf(style: string, hasForms: boolean): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "img-src data:",
    "base-uri 'none'",
    `form-action ${hasForms ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
  ].join("; ");
}

interface PageOptions {
  /** Whether the page has forms. */
  forms?: boolean;
  /** What the navigation leads to; by default everything that the server has. */
  places?: readonly Place[];
  /** A style sheet instead of the worker's own. It defines the same colours. */
  style?: string;
}

/** Answers with a page, by default in the worker's own style. */
export async function answerPage(reply: FastifyReply, title: string, body: Html, { forms = false, places = reply.server.places, style }: PageOptions = {}): Promise<FastifyReply> {
  const sheet = style === undefined ? STYLE : `${style}${NAVIGATION_STYLE}`;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(sheet)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${renderNavigation(places, reply.request.url.split("?", 1)[0] ?? "")}
<main id="main" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  // A form's sender is recognised by its Origin, which browsers hide where the policy is no-referrer.
  if (forms) reply.header("referrer-policy", "same-origin");
  return await reply.header("content-security-policy", policyOf(sheet, forms)).type("text/html; charset=utf-8").send(page.toString());
}

function renderNavigation(places: readonly Place[], here: string): Html | string {
  if (places.length === 0) return "";
  return html`<nav aria-label="Pages"><ul>
${places.map(({ path, title, purpose }) => html`<li><a href="${path}" title="${purpose}"${path === here ? html` aria-current="page"` : ""}>${title}</a></li>
`)}</ul></nav>`;
}
