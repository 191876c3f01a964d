import type { AlertMessage } from "./alert-message.ts";

/** Slack takes 40,000 characters; escaping makes five of one at most. */
const LONGEST = 7_000;
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\x00-\x1F\x7F-\x9F\u2028\u2029]+/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** The JSON that a Slack-compatible webhook takes. */
export function renderSlack({ title, lines }: AlertMessage): string {
  const text = [title, ...lines].map((line) => line.replace(CONTROLS, " ")).join("\n");
  return JSON.stringify({ text: escapeSlack(cut(text)) });
}

/**
 * Text from outside as Slack shows it and does nothing else with it: no links, no mentions. Slack's mentions are in angle
 * brackets; others that take its messages know `@channel` by itself, which a space of no width keeps from them.
 */
export function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign).replace(/@(?=(?:all|channel|everyone|here)\b)/gi, "@\u200B");
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
