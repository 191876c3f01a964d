import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { Html } from "./cells.ts";
import { STYLE } from "./style.ts";

/** Should something get past the escaping, a browser still runs nothing and fetches nothing. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

interface PageParts {
  /** Title of the window, as text. */
  title: string;
  heading: Html | string;
  /** Below the heading. */
  subtitle: Html;
  /** Sections, in order. */
  main: readonly (Html | string)[];
}

const HEADING = /<h2 id="([^"]+)">(.*?)<\/h2>/gs;

/** Renders a page as one file: no script, no external resources, and a table of contents made from its headings. */
export async function renderDocument({ title, heading, subtitle, main }: PageParts): Promise<string> {
  const content = (await html`${main}`).toString();
  const contents = [...content.matchAll(HEADING)].map(([, id = "", text = ""]) => html`<li><a href="#${id}">${raw(text)}</a></li>`);
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>${heading}</h1>
${subtitle}
</header>
<nav aria-label="Contents"><ul>
${contents}
</ul></nav>
<main id="main" tabindex="-1">
${raw(content)}
</main>
</body>
</html>
`;
  return page.toString();
}
