import stringWidth from "string-width";

/** Where most results have a space between a label and its text. */
const LABEL_END = 12;
/** The largest part of the width that continued lines are indented by, so that text has room. */
const MOST_INDENT = 1 / 3;

/**
 * Breaks lines between words where they are longer than a terminal is wide, and indents what follows like the text after the label. A word,
 * such as a figure or an address, is never cut.
 */
export function wrapLines(lines: readonly string[], columns: number): string[] {
  return lines.flatMap((line) => (stringWidth(line) <= columns ? [line] : wrap(line, columns)));
}

function wrap(line: string, columns: number): string[] {
  const lead = leadOf(line, columns);
  const indent = " ".repeat(lead.length);
  const wrapped: string[] = [];
  let [current, width] = [lead, lead.length];
  let isEmpty = true;
  for (const word of line.slice(lead.length).split(" ")) {
    const more = stringWidth(word) + (isEmpty ? 0 : 1);
    if (!isEmpty && width + more > columns) {
      wrapped.push(current.trimEnd());
      [current, width] = [`${indent}${word}`, lead.length + stringWidth(word)];
    } else {
      [current, width] = [`${current}${isEmpty ? "" : " "}${word}`, width + more];
    }
    isEmpty = false;
  }
  return [...wrapped, current];
}

/** The indentation of a line, or its label and the spaces after it; empty where that leaves too little room for text. */
function leadOf(line: string, columns: number): string {
  const lead = /^ +/.exec(line)?.[0] ?? /^\S+(?: \S+)* {2,}/.exec(line)?.[0] ?? (line[LABEL_END] === " " ? line.slice(0, LABEL_END + 1) : "");
  return lead.length <= columns * MOST_INDENT ? lead : "";
}
