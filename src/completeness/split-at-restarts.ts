/** A record's id and time in microseconds since 1970; the time is null where it is not readable. */
export interface Numbered {
  id: bigint;
  ts: number | null;
}

type Timed = Numbered & { ts: number };

/**
 * Divides an export's records where ids were reused, so that each part has an id only once. A repetition with the same time is left out.
 *
 * An id with two times belongs to two requests (docs/same-request.md), and the gateway was reinstalled between them. Requests do not
 * outlive an installation, so one moment separates the two installations: where the ids fall back most.
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
  // It is unknown whether an id without a time is the same request as the id with a time; it arrived in either case.
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

/** The index of the record, from `from` to `to`, at which ids fall back most, or rise least where they only rise. */
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
