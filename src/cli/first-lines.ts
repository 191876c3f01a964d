const MOST_LINES = 50;
const LABEL_WIDTH = 13;

/** A line for each of the first items, and the number of further ones. */
export function firstLines<Item>(items: readonly Item[], describe: (item: Item) => string | readonly string[], { most = MOST_LINES, rest = "--json has all of them" } = {}): string[] {
  const left = items.length - most;
  const lines = items.slice(0, most).flatMap(describe);
  return left > 0 ? [...lines, `${" ".repeat(LABEL_WIDTH)}and ${String(left)} more${rest === "" ? "" : `: ${rest}`}`] : lines;
}
