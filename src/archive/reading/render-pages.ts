import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { ReadPart } from "./collect-messages.ts";
import { visiblePlain } from "./plain-text.ts";
import type { Thread, ThreadMessage, Turn } from "./thread-store.ts";
import { THREAD_STYLE } from "./thread-style.ts";

type Html = ReturnType<typeof html>;

/** A browser runs nothing and fetches nothing, should anything get past the escaping. */
const POLICY = ["default-src 'none'", `style-src 'sha256-${createHash("sha256").update(THREAD_STYLE).digest("base64")}'`, "base-uri 'none'", "form-action 'none'"].join("; ");

/** The beginning of a page, which `PAGE_END` ends. */
export async function pageStart(title: string): Promise<string> {
  return String(await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${visibleText(title)}</title>
<style>${raw(THREAD_STYLE)}</style>
</head>
<body>
<h1>${visibleText(title)}</h1>
`);
}

export const PAGE_END = "</body>\n</html>\n";

/** Who, when, with which models. */
export async function threadHead(thread: Thread): Promise<string> {
  const { instance, caller, session, turns } = thread;
  const models = [...new Set(turns.map(({ model }) => model))];
  return String(await html`<p class="quiet"><a href="index.html">all conversations</a></p>
<p>${visibleText(caller)}, gateway ${visibleText(instance)}${session === null ? ", requests without a session" : html`, session ${visibleText(session)}`}<br>
${turns.at(0)?.time ?? ""} to ${turns.at(-1)?.time ?? ""}, ${turns.length} requests<br>
${models.map(visibleText).join(", ")}</p>
`);
}

/** One request: what it adds to the conversation. @param messages those of `turn.added`. */
export async function renderTurn(turn: Turn, number: number, messages: readonly ThreadMessage[]): Promise<string> {
  const { time, model, status, capture, object, position, repeated } = turn;
  return String(await html`<section>
<h2 id="request-${number}">Request ${number}, <time datetime="${time}">${time}</time></h2>
<p class="quiet">${visibleText(model)}, status ${status}${capture === null ? "" : html`, capture ${visibleText(capture)}`}<br>${visibleText(object)}, record ${position}</p>
${repeated === 0 ? "" : html`<p class="quiet">It repeats ${repeated} messages, which are shown with other requests.</p>`}
${messages.length === 0 && repeated === 0 ? html`<p class="quiet">The archive has no conversation of this request.</p>` : ""}
${messages.map(renderMessage)}</section>
`);
}

/** A table of the conversations. @param pages file names, in the order of the threads. */
export async function renderIndex(threads: readonly Thread[], pages: readonly string[]): Promise<string> {
  const rows = threads.map(({ caller, instance, session, turns }, index) => html`<tr><td><a href="${pages[index] ?? ""}">${turns[0]?.time ?? ""}</a></td><td>${visibleText(caller)}</td><td>${visibleText(instance)}</td><td>${session === null ? "(none)" : visibleText(session)}</td><td>${turns.length}</td></tr>
`);
  return String(await html`${threads.length === 0 ? html`<p>No record matches.</p>` : html`<table>
<thead><tr><th>From</th><th>Caller</th><th>Gateway</th><th>Session</th><th>Requests</th></tr></thead>
<tbody>
${rows}</tbody>
</table>`}
`);
}

function renderMessage({ role, parts }: ThreadMessage): Html {
  const isAnswer = role === "assistant" || role === "error" || role === "tool use";
  const content = role === "system" ? html`<details><summary>instructions</summary>${parts.map(renderPart)}</details>` : parts.map(renderPart);
  return html`<article class="${isAnswer ? "answer" : "question"}">
<h3>${visibleText(role)}</h3>
${content}
</article>
`;
}

function renderPart({ kind, tool, text, cut }: ReadPart): Html {
  const shown = html`<pre>${visiblePlain(text)}</pre>${cut === 0 ? "" : html`<p class="quiet">${cut} more characters are left out; archive extract --format ndjson has all of them.</p>`}`;
  switch (kind) {
    case "text":
      return shown;
    case "media":
      return html`<p class="quiet">An image, a file or audio, which is not shown.</p>${text === "" ? "" : shown}`;
    case "thinking":
    case "tool call":
    case "tool result":
      return html`<details><summary>${kind}${tool === null ? "" : html` ${visibleText(tool)}`}</summary>${shown}</details>`;
    default:
      return kind satisfies never;
  }
}
