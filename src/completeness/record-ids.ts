import { HOUR_MS } from "../ledger/durations.ts";
import { type Numbered, splitAtRestarts } from "./split-at-restarts.ts";

/** Ids that follow each other without a gap, as an export brought them. Ids are decimal: they may exceed 2^53. */
interface IdRun {
  first: string;
  last: string;
  /** ISO 8601, of the earliest and the latest of its requests; null where none of them has a readable time. */
  from: string | null;
  to: string | null;
}

/**
 * The gateway's record ids in one export. No run has an id at two times: ids that were given again are runs of their own. `merged`: there
 * were too many runs, and some have ids in them that did not come.
 */
export interface RecordIds {
  runs: IdRun[];
  merged: boolean;
}

/** They go into every manifest that tells of the export. */
const MOST_RUNS = 200;
/** While an export is read; what is beyond is put together on the way. A gateway exports 10,000 records at the very most. */
const MOST_RECORDS = 1 << 15;
const MOST_PIECES = 1 << 14;

/**
 * Gateways number a record when the request ends and date it when it begins, so times of neighbouring ids may go back.
 * No request takes longer than this, in milliseconds; of ids whose times go back further, one was given twice.
 */
export const LONGEST_REQUEST = HOUR_MS;

/**
 * Ids that follow each other closely in time as well are noted as one run. So a run is seldom of two installations, although a
 * repeated record of the one before may come with the records of the next.
 */
const CLOSELY = 300_000;

/** As often as the same ids may have been given at different times; beyond, pieces stay apart. */
const MOST_OPEN = 8;

interface Piece {
  first: bigint;
  last: bigint;
  /** Milliseconds since 1970; Infinity and -Infinity where there is no time. */
  from: number;
  to: number;
}

/** Takes down the ids of an export's records in any order, in constant memory. */
export class RecordIdsWriter {
  #records: Numbered[] = [];
  /** Of records that there was no room for any more. */
  #pieces: Piece[] = [];
  #merged = false;

  /** @param ts microseconds since 1970; null where the record has none that can be read. */
  add(id: bigint | null, ts: number | null): void {
    if (id === null) return;
    this.#records.push({ id, ts });
    if (this.#records.length >= MOST_RECORDS) this.#bound(MOST_PIECES);
  }

  /** In order of ids, then of times. */
  finish(): RecordIds {
    this.#bound(MOST_RUNS);
    return { runs: this.#pieces.map(describe), merged: this.#merged };
  }

  #bound(most: number): void {
    const pieces = splitAtRestarts(this.#records).flatMap((part) => join(part.map(pieceOf), CLOSELY));
    // What did not fit at once can only be compared piece by piece.
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

/** Pieces that continue each other within a time are one; the same ids at other times, after a restart, stay apart. */
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

/** What has the same ids repeats them if the times meet; what goes on behind them belongs to them if it follows soon. */
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

/** Puts the neighbours together between which the fewest ids are missing, until no more than `most` are left; those with the same ids last. */
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
