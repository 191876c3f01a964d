import { shorten } from "../ledger/text/shorten.ts";
import type { Message } from "./message.ts";

/** Slack accepts 40,000 characters; escaping turns one character into at most five. */
const LONGEST = 7_000;
/** Limits for a word, and for a line with several words. */
const LONGEST_WORD = 80;
const [LINE_START, LINE_END] = [400, 200];
const LONG_WORDS = new RegExp(`\\S{${String(LONGEST_WORD + 1)},}`, "gu");
// oxlint-disable-next-line no-control-regex -- the expression matches control characters
const CONTROLS = /[\x00-\x1F\x7F-\x9F\u2028\u2029]+/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * The JSON for a Slack-compatible webhook. Names are shortened here and not in the stored record: erasing a login must find the
 * complete name there.
 */
export function renderSlack({ title, lines, link }: Pick<Message, "title" | "lines" | "link">): string {
  const text = [title, ...lines].map((line) => shortenLine(line.replace(CONTROLS, " "))).join("\n");
  return JSON.stringify({ text: escapeSlack(`${cut(text)}${link === undefined ? "" : `\n${link}`}`) });
}

/**
 * Escapes text from outside so that Slack only displays it, without links and mentions. Slack's mentions are in angle brackets;
 * compatible servers also recognise a plain `@channel`, which a zero-width space prevents.
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
