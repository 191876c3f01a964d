import { presentation } from "./presentation.ts";

const MOST_LINES = 20;
const LABEL_WIDTH = 13;

/** Labels of lines, such as `team` and `report`, are padded to this width. */
export function label(text: string): string {
  return text.padEnd(LABEL_WIDTH);
}

interface Shown {
  /** Limit of items without `--all`. */
  most?: number;
  /** How to see the others, or empty. */
  rest?: string;
}

/** Splits items into those to show and the number of the others. */
export function firstItems<Item>(items: readonly Item[], most = MOST_LINES): { shown: readonly Item[]; left: number } {
  const left = presentation().all ? 0 : Math.max(0, items.length - most);
  return { shown: items.slice(0, items.length - left), left };
}

/** A line for each of the first items, and the number of further ones; with `--all`, a line for each. */
export function firstLines<Item>(items: readonly Item[], describe: (item: Item) => string | readonly string[], { most = MOST_LINES, rest = "--all" }: Shown = {}): string[] {
  const { shown, left } = firstItems(items, most);
  const lines = shown.flatMap(describe);
  return left > 0 ? [...lines, `${label("")}and ${String(left)} more${rest === "" ? "" : `: ${rest}`}`] : lines;
}
