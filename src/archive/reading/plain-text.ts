import { visibleText } from "../../ledger/text/visible-text.ts";

/** A text of several lines, with invisible characters and characters that change the direction of text spelled out. Line ends and tabs stay. */
export function visiblePlain(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.split("\t").map(visibleText).join("\t"))
    .join("\n");
}
