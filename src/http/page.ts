import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import { html, raw } from "hono/html";
import type { Html } from "../chargeback/page/cells.ts";

const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --text: #1a1d21; --quiet: #515a64; --line: #d5d9de; --link: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --text: #e8eaed; --quiet: #a9b2bc; --line: #373d44; --link: #8ab8f0; } }
body { margin: 0 auto; max-width: 48rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 4rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.25rem; }
a { color: var(--link); }
ul { list-style: none; margin: 0; padding: 0; }
li { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; padding: 0.35rem 0; border-top: 1px solid var(--line); }
.quiet { color: var(--quiet); }
`;

/** A page runs no script, fetches nothing and sends nothing. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Answers with a page in the worker's own style. */
export async function answerPage(reply: FastifyReply, title: string, body: Html): Promise<FastifyReply> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return await reply.header("content-security-policy", POLICY).type("text/html; charset=utf-8").send(page.toString());
}
