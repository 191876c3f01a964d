import { HOUR_MS } from "../ledger/durations.ts";
import { type Numbered, splitAtRestarts } from "./split-at-restarts.ts";

/** Consecutive ids of one export. Ids are decimal: they may exceed 2^53. */
interface IdRun {
  first: string;
  last: string;
  /** ISO 8601 times of the earliest and the latest request; null where no request has a readable time. */
  from: string | null;
  to: string | null;
}

/**
 * The gateway's record ids in one export. Within a run each id has one time: reused ids form separate runs. `merged`: there were too many
 * runs, so some were merged across missing ids.
 */
export interface RecordIds {
  runs: IdRun[];
  merged: boolean;
}

/** Limit of the runs in a manifest. */
const MOST_RUNS = 200;
/** Limit while an export is read; further runs are merged on the way. A gateway exports at most 10,000 records. */
const MOST_RECORDS = 1 << 15;
const MOST_PIECES = 1 << 14;

/**
 * A gateway numbers a record when the request ends and dates it when the request begins, so the times of neighbouring ids may go back.
 * No request takes longer than this, in milliseconds; if times go back further, an id was reused.
 */
export const LONGEST_REQUEST = HOUR_MS;

/**
 * Only ids that are also close in time form one run. A run therefore rarely mixes two installations, although a repeated record of the
 * earlier one may arrive with records of the next.
 */
const CLOSELY = 300_000;

/** How often the same ids may be reused before their pieces are no longer merged. */
const MOST_OPEN = 8;

interface Piece {
  first: bigint;
  last: bigint;
  /** Milliseconds since 1970; Infinity and -Infinity where the time is unknown. */
  from: number;
  to: number;
}

/** Notes the ids of an export's records in any order, in constant memory. */
export class RecordIdsWriter {
  #records: Numbered[] = [];
  /** Runs of records beyond the limit. */
  #pieces: Piece[] = [];
  #merged = false;

  /** @param ts microseconds since 1970; null where the record has no readable time. */
  add(id: bigint | null, ts: number | null): void {
    if (id === null) return;
    this.#records.push({ id, ts });
    if (this.#records.length >= MOST_RECORDS) this.#bound(MOST_PIECES);
  }

  /** Sorted by id, then by time. */
  finish(): RecordIds {
    this.#bound(MOST_RUNS);
    return { runs: this.#pieces.map(describe), merged: this.#merged };
  }

  #bound(most: number): void {
    const pieces = splitAtRestarts(this.#records).flatMap((part) => join(part.map(pieceOf), CLOSELY));
    // Runs beyond the limit can only be compared piece by piece.
    const close = this.#pieces.length === 0 ? pieces.toSorted(byFirst) : join([...this.#pieces, ...pieces], CLOSELY);
    const joined = close.length > most ? join(close, LONGEST_REQUEST) : close;
    this.#records = [];
    this.#merged ||= joined.length > most;
    this.#pieces = mergeNearest(joined, most);
  }
}

function pieceOf({ id, ts }: Numbered): Piece {
  const time = ts === null ? undefined : Math.floor(ts / 1000);
  return { first: id, last: id, from: time ?? Infinity, to: time ?? -Infinity };
}

/** Merges pieces that continue each other closely in time; the same ids at other times, after a restart, stay separate. */
function join(pieces: readonly Piece[], within: number): Piece[] {
  const joined: Piece[] = [];
  let open: Piece[] = [];
  for (const piece of pieces.toSorted(byFirst)) {
    open = open.filter(({ last }) => last + 1n >= piece.first).slice(-MOST_OPEN);
    const before = open.filter((one) => continues(one, piece, within)).toSorted((a, b) => b.to - a.to)[0];
    if (before !== undefined) {
      extend(before, piece);
      continue;
    }
    const begun = { ...piece };
    open.push(begun);
    joined.push(begun);
  }
  return joined.toSorted(byFirst);
}

/** A piece with the same ids is a repetition if the times overlap; a piece that continues the ids belongs to them if it follows soon. */
function continues(before: Piece, { first, from, to }: Piece, within: number): boolean {
  if (first < before.first || first > before.last + 1n) return false;
  if (!isTimed(before) || from > to) return true;
  const apart = first > before.last ? within : 0;
  return from - before.to <= apart && before.from - to <= apart;
}

function isTimed({ from, to }: Piece): boolean {
  return from <= to;
}

function extend(before: Piece, { last, from, to }: Piece): void {
  if (last > before.last) before.last = last;
  before.from = Math.min(before.from, from);
  before.to = Math.max(before.to, to);
}

/** Merges the neighbours with the fewest missing ids between them until at most `most` are left; pieces with the same ids come last. */
function mergeNearest(pieces: Piece[], most: number): Piece[] {
  const surplus = pieces.length - most;
  if (surplus <= 0) return pieces;
  const distances = pieces.map(({ first }, index) => ({ index, distance: first - (pieces[index - 1]?.last ?? first) })).slice(1);
  const overlap = distances.filter(({ distance }) => distance <= 0n);
  const apart = distances.filter(({ distance }) => distance > 0n).sort((a, b) => (a.distance < b.distance ? -1 : a.distance > b.distance ? 1 : a.index - b.index));
  const closed = new Set([...apart, ...overlap].slice(0, surplus).map(({ index }) => index));
  const merged: Piece[] = [];
  for (const [index, piece] of pieces.entries()) {
    const before = merged.at(-1);
    if (before !== undefined && closed.has(index)) extend(before, piece);
    else merged.push(piece);
  }
  return merged;
}

function byFirst(a: Piece, b: Piece): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.from === b.from ? 0 : a.from - b.from;
}

function describe(piece: Piece): IdRun {
  const { first, last, from, to } = piece;
  return {
    first: String(first),
    last: String(last),
    from: isTimed(piece) ? new Date(from).toISOString() : null,
    to: isTimed(piece) ? new Date(to).toISOString() : null,
  };
}
