/** Ids that follow each other without a gap, as an export brought them. Ids are decimal: they may exceed 2^53. */
export interface IdRun {
  first: string;
  last: string;
  /** ISO 8601, of the earliest and the latest of its requests; null where none of them has a readable time. */
  from: string | null;
  to: string | null;
}

/** The gateway's record ids in one export. `merged`: there were too many runs, and some have ids in them that did not come. */
export interface RecordIds {
  runs: IdRun[];
  merged: boolean;
}

/** They go into every manifest that tells of the export. */
const MOST_RUNS = 200;
/** While an export is read; what is beyond is put together on the way. A gateway exports 10,000 records at the very most. */
const MOST_PIECES = 1 << 15;

/**
 * Gateways number a record when the request ends and date it when it begins, so times of neighbouring ids may go back.
 * No request takes longer than this, in milliseconds; of ids whose times go back further, one was given twice.
 */
export const LONGEST_REQUEST = 3_600_000;

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
  #pieces: Piece[] = [];
  #merged = false;

  /** @param ts microseconds since 1970; null where the record has none that can be read. */
  add(id: bigint | null, ts: number | null): void {
    if (id === null) return;
    const time = ts === null ? undefined : Math.floor(ts / 1000);
    const piece: Piece = { first: id, last: id, from: time ?? Infinity, to: time ?? -Infinity };
    const before = this.#pieces.at(-1);
    if (before !== undefined && continues(before, piece)) extend(before, piece);
    else this.#pieces.push(piece);
    if (this.#pieces.length > MOST_PIECES) this.#bound(MOST_PIECES / 2);
  }

  /** In order of ids, then of times. */
  finish(): RecordIds {
    this.#bound(MOST_RUNS);
    return { runs: this.#pieces.map(describe), merged: this.#merged };
  }

  #bound(most: number): void {
    const joined = join(this.#pieces);
    this.#merged ||= joined.length > most;
    this.#pieces = mergeNearest(joined, most);
  }
}

/** Pieces that continue each other are one; the same ids at other times, after a restart, stay apart. */
function join(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  let open: Piece[] = [];
  for (const piece of pieces.toSorted(byFirst)) {
    open = open.filter(({ last }) => last + 1n >= piece.first).slice(-MOST_OPEN);
    const before = open.filter((one) => continues(one, piece)).toSorted((a, b) => b.to - a.to)[0];
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

function continues(before: Piece, { first, from, to }: Piece): boolean {
  if (first < before.first || first > before.last + 1n) return false;
  const isTimed = before.from <= before.to && from <= to;
  return !isTimed || (from - before.to <= LONGEST_REQUEST && before.from - to <= LONGEST_REQUEST);
}

function extend(before: Piece, { last, from, to }: Piece): void {
  if (last > before.last) before.last = last;
  before.from = Math.min(before.from, from);
  before.to = Math.max(before.to, to);
}

/** Puts the neighbours together between which the fewest ids are missing, until no more than `most` are left. */
function mergeNearest(pieces: Piece[], most: number): Piece[] {
  const surplus = pieces.length - most;
  if (surplus <= 0) return pieces;
  const distances = pieces.map(({ first }, index) => ({ index, distance: first - (pieces[index - 1]?.last ?? first) })).slice(1);
  distances.sort((a, b) => (a.distance < b.distance ? -1 : a.distance > b.distance ? 1 : a.index - b.index));
  const closed = new Set(distances.slice(0, surplus).map(({ index }) => index));
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

function describe({ first, last, from, to }: Piece): IdRun {
  const isTimed = from <= to;
  return {
    first: String(first),
    last: String(last),
    from: isTimed ? new Date(from).toISOString() : null,
    to: isTimed ? new Date(to).toISOString() : null,
  };
}
