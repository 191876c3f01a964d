import { FORBIDDEN_PHRASES } from "./forbidden-phrases.ts";

export interface Found {
  /** Counted from 1. */
  line: number;
  text: string;
  instead: string;
}

/** Each forbidden phrase of a text; one that a line break divides counts where it begins. Comment marks at a line's beginning do not part words. */
export function findForbidden(text: string): Found[] {
  const flat = text.replaceAll(/\n[ \t]*(?:\*|\/\/)?[ \t]*/g, (gap) => "\n".padEnd(gap.length, "\n"));
  return FORBIDDEN_PHRASES.flatMap(({ phrase, instead }) => {
    const anyGap = new RegExp(phrase.source.replaceAll(" ", "[ \\n]+"), "gi");
    return [...flat.matchAll(anyGap)].map((match) => {
      const before = text.slice(0, match.index);
      return { line: before.split("\n").length, text: match[0].replaceAll(/\s+/g, " "), instead };
    });
  }).sort((a, b) => a.line - b.line);
}
