/** Logins of the people behind a figure, without devices and services. */
export type People = ReadonlySet<string>;

export const NOBODY: People = new Set();

/** Whether a row is about few people. A row about devices alone is not about people. */
export function isFew(people: People, smallestGroup: number): boolean {
  return people.size > 0 && people.size < smallestGroup;
}

/**
 * Chooses the rows of a table to fold into `(others)`: the rows about few people. Readers can subtract the shown rows from the total, so the folded
 * rows together must also be about enough people: until they are, the row about the fewest people is folded too (the last one of several). At least
 * two rows are folded, if necessary including a row about no people. @param rows in the order of the table @param isChosen the rows to start with,
 * by default those about few people
 */
export function chooseFolded<Row>(
  rows: readonly Row[],
  peopleOf: (row: Row) => People,
  smallestGroup: number,
  isChosen: (row: Row) => boolean = (row) => isFew(peopleOf(row), smallestGroup),
): ReadonlySet<Row> {
  const chosen = new Set(rows.filter(isChosen));
  if (chosen.size === 0) return chosen;
  const together = new Set([...chosen].flatMap((row) => [...peopleOf(row)]));
  const next = rows
    .map((row, place) => ({ row, place, people: peopleOf(row) }))
    .filter(({ row }) => !chosen.has(row))
    .toSorted((a, b) => Number(a.people.size === 0) - Number(b.people.size === 0) || a.people.size - b.people.size || b.place - a.place);
  for (const { row, people } of next) {
    const isEnough = chosen.size > 1 && (together.size >= smallestGroup || people.size === 0);
    if (isEnough) break;
    chosen.add(row);
    for (const person of people) together.add(person);
  }
  return chosen;
}
