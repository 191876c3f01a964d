/** A record's id and time in microseconds since 1970; null where it has none that can be read. */
export interface Numbered {
  id: bigint;
  ts: number | null;
}

type Timed = Numbered & { ts: number };

/**
 * Cuts an export's records where ids were given again, so that no part has an id twice. A repetition repeats the time: it is left out.
 *
 * An id with two times belongs to two requests (docs/same-request.md), and between them the gateway was installed anew. Requests do not
 * outlive an installation, so one cut in time separates what came before from what came after. It is made where ids fall back most.
 */
export function splitAtRestarts(records: readonly Numbered[]): Numbered[][] {
  if (isAscending(records)) return [[...records]];
  const times = new Map<bigint, Set<number>>();
  const untimed = new Set<bigint>();
  for (const { id, ts } of records) {
    if (ts === null) untimed.add(id);
    else times.set(id, (times.get(id) ?? new Set()).add(ts));
  }
  const timed = [...times].flatMap(([id, own]) => [...own].map((ts): Timed => ({ id, ts })));
  const parts: Numbered[][] = timed.length === times.size ? [timed] : cut(timed.sort(byTime));
  // Whether an id without a time is another request than the same id with one cannot be told; it is received either way.
  parts.at(-1)?.push(...[...untimed].filter((id) => !times.has(id)).map((id) => ({ id, ts: null })));
  return parts;
}

function isAscending(records: readonly Numbered[]): boolean {
  return records.every(({ id }, index) => index === 0 || (records[index - 1]?.id ?? id) < id);
}

function cut(timed: readonly Timed[]): Timed[][] {
  const parts: Timed[][] = [];
  let start = 0;
  let places = new Map<bigint, number>();
  for (const [index, { id }] of timed.entries()) {
    const before = places.get(id);
    if (before !== undefined) {
      const again = findFallBack(timed, before, index);
      parts.push(timed.slice(start, again));
      start = again;
      places = new Map(timed.slice(start, index).map((one, offset) => [one.id, start + offset]));
    }
    places.set(id, index);
  }
  return [...parts, timed.slice(start)];
}

/** Behind which of the records from `from` on up to `to` ids fall back most, or rise least where they only rise: the index of the next one. */
function findFallBack(timed: readonly Timed[], from: number, to: number): number {
  let most: { index: number; fall: bigint } | undefined;
  for (const [offset, { id }] of timed.slice(from + 1, to + 1).entries()) {
    const fall = (timed[from + offset]?.id ?? id) - id;
    if (most === undefined || fall > most.fall) most = { index: from + offset + 1, fall };
  }
  return most?.index ?? to;
}

function byTime(a: Timed, b: Timed): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
