import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Html } from "./cells.ts";
import { STYLE } from "./style.ts";

/** Should something get past the escaping, a browser still runs nothing and fetches nothing. */
function formatPolicy(style: string): string {
  return ["default-src 'none'", `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`, "base-uri 'none'", "form-action 'none'"].join("; ");
}

/** The running title of printed pages. */
function runningTitle(title: string): string {
  const escaped = title.replaceAll(/[^A-Za-z0-9 ]/gu, (letter) => `\\${(letter.codePointAt(0) ?? 0).toString(16)} `);
  return `@page { @top-left { content: "${escaped}"; } }\n`;
}

interface PageParts {
  /** Title of the window, as text. */
  title: string;
  heading: Html | string;
  /** Below the heading. */
  subtitle: Html;
  /** Sections that answer the first questions, above the table of contents. */
  first: readonly (Html | string)[];
  /** All further sections, in order. */
  main: readonly (Html | string)[];
}

const HEADING = /<h2 id="([^"]+)">(.*?)<\/h2>/gs;

/** Renders a page as one file: no script, no external resources, and a table of contents made from its headings. */
export async function renderDocument({ title, heading, subtitle, first, main }: PageParts): Promise<string> {
  const content = (await html`${main}`).toString();
  const contents = [...content.matchAll(HEADING)].map(([, id = "", text = ""]) => html`<li><a href="#${id}">${raw(text)}</a></li>`);
  const style = `${STYLE}${runningTitle(title)}`;
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${formatPolicy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>${heading}</h1>
${subtitle}
</header>
<main id="main" tabindex="-1">
${first}
<nav aria-label="Contents"><ul>
${contents}
</ul></nav>
${raw(content)}
</main>
</body>
</html>
`;
  return page.toString();
}
