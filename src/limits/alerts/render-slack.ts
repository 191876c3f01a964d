import { shorten } from "../../ledger/text/shorten.ts";
import type { AlertMessage } from "./alert-message.ts";

/** Slack takes 40,000 characters; escaping makes five of one at most. */
const LONGEST = 7_000;
/** Of a name; and of a line, which has several of them. Its end has the amount. */
const LONGEST_WORD = 80;
const [LINE_START, LINE_END] = [400, 200];
const LONG_WORDS = new RegExp(`\\S{${String(LONGEST_WORD + 1)},}`, "gu");
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\x00-\x1F\x7F-\x9F\u2028\u2029]+/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * The JSON that a Slack-compatible webhook takes. Names are shortened here and not where the alert is made: it is kept, and who
 * erases a login has to find all of it.
 */
export function renderSlack({ title, lines }: AlertMessage): string {
  const text = [title, ...lines].map((line) => shortenLine(line.replace(CONTROLS, " "))).join("\n");
  return JSON.stringify({ text: escapeSlack(cut(text)) });
}

/**
 * Text from outside as Slack shows it and does nothing else with it: no links, no mentions. Slack's mentions are in angle
 * brackets; others that take its messages know `@channel` by itself, which a space of no width keeps from them.
 */
function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign).replace(/@(?=(?:all|channel|everyone|here)\b)/gi, "@\u200B");
}

function shortenLine(line: string): string {
  const words = line.replace(LONG_WORDS, (word) => shorten(word, LONGEST_WORD));
  const letters = Array.from(words);
  return letters.length <= LINE_START + LINE_END ? words : `${letters.slice(0, LINE_START).join("")}…${letters.slice(1 - LINE_END).join("")}`;
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
