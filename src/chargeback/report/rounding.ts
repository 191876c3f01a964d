import { floorToCents, type Nanodollars, NANODOLLARS_PER_CENT, roundToCents, shareCents } from "../../ledger/money.ts";

/**
 * Rounding of amounts that are printed beside their sums. Every amount and every sum is rounded up or down to a cent. So an exact zero prints as
 * $0.00, and no amount prints with the wrong sign.
 */

/**
 * Rounds amounts so that every run of neighbours also prints as its sum rounded up or down. Runs that begin at `from` are rounded to the nearest
 * cent.
 */
export function roundRuns(amounts: readonly Nanodollars[], from = 0): bigint[] {
  let exact = -amounts.slice(0, from).reduce((sum, amount) => sum + amount, 0n);
  return amounts.map((amount) => {
    const before = roundToCents([exact]).total;
    exact += amount;
    return roundToCents([exact]).total - before;
  });
}

/** An exact amount and the cents it is printed as. */
export interface Printed {
  exact: Nanodollars;
  cents: bigint;
}

/** Rounds an amount that is not part of a sum. */
export type RoundAmount = (amount: Nanodollars) => bigint;

/** To the nearest cent. */
export function roundAlone(amount: Nanodollars): bigint {
  return roundToCents([amount]).total;
}

/** Rounds like `roundAlone`, but an amount that is among the given ones is printed as it is there. The first of equal amounts counts. */
export function roundLike(printed: readonly Printed[]): RoundAmount {
  const cents = new Map(printed.toReversed().map((one) => [one.exact, one.cents]));
  return (amount) => cents.get(amount) ?? roundAlone(amount);
}

export type Pair<Value> = readonly [Value, Value];

/**
 * Rounds rows of two amounts that are printed with their sum, so that columns add up to their totals and each row to its sum.
 * @param totals cents of the columns; each of them, and their sum, is the exact amount rounded up or down
 */
export function sharePairs(totals: Pair<bigint>, rows: readonly Pair<Nanodollars>[]): Pair<bigint>[] {
  const open = rows.map(([a, b], place): OpenRow => openRow(place, a, b)).sort((x, y) => (x.most === y.most ? x.place - y.place : x.most > y.most ? -1 : 1));
  // The least and most that the rows from each place on can take, of either column and of both together.
  const bounds = open.map(() => NO_BOUNDS);
  for (const [index, { choices }] of [...open.entries()].reverse()) bounds[index] = addBounds(boundsOf(choices), bounds[index + 1] ?? NO_BOUNDS);
  let left: Pair<bigint> = [totals[0] - sumOf(open, 0), totals[1] - sumOf(open, 1)];
  if (!isWithin(left, bounds[0] ?? NO_BOUNDS)) return shareColumns(totals, rows);
  const parts: Pair<bigint>[] = rows.map(() => [0n, 0n]);
  for (const [index, { place, floors, choices }] of open.entries()) {
    const next = bounds[index + 1] ?? NO_BOUNDS;
    const [a, b] = choices.find((choice) => isWithin([left[0] - choice[0], left[1] - choice[1]], next)) ?? [0n, 0n];
    left = [left[0] - a, left[1] - b];
    parts[place] = [floors[0] + a, floors[1] + b];
  }
  return parts;
}

export function addPairs([a, b]: Pair<bigint>, [x, y]: Pair<bigint>): Pair<bigint> {
  return [a + x, b + y];
}

/** Shares out each column separately, where the totals are not the sums of the rows. */
function shareColumns(totals: Pair<bigint>, rows: readonly Pair<Nanodollars>[]): Pair<bigint>[] {
  const [a, b] = [shareCents(totals[0], rows.map((row) => row[0])), shareCents(totals[1], rows.map((row) => row[1]))];
  return rows.map((_, index) => [a[index] ?? 0n, b[index] ?? 0n]);
}

/**
 * Rounds the amounts before and after a difference that is already printed as `difference` cents, so that they add up.
 */
export function printStep(was: Nanodollars, is: Nanodollars, difference: bigint): { was: bigint; is: bigint } {
  const nearest = roundToCents([is]).total;
  const candidates = [nearest, floorToCents(is), -floorToCents(-is)];
  const fitting = candidates.find((cents) => floorToCents(was) <= cents - difference && cents - difference <= -floorToCents(-was));
  return { was: (fitting ?? nearest) - difference, is: fitting ?? nearest };
}

/**
 * Rounds the difference of two amounts that are each printed: to the difference of the printed amounts where that is less than a cent from the exact
 * difference, otherwise to the nearest cent.
 */
export function printDifference(was: Nanodollars, is: Nanodollars, round: RoundAmount): bigint {
  const [difference, printed] = [is - was, round(is) - round(was)];
  return floorToCents(difference) <= printed && printed <= -floorToCents(-difference) ? printed : roundAlone(difference);
}

/** A row whose amounts may each still be a cent more than their floor. */
interface OpenRow {
  place: number;
  floors: Pair<bigint>;
  /** Cents that may be added to the floors, smallest rounding loss first. */
  choices: readonly Pair<bigint>[];
  /** The larger of the two fractions of a cent above the floors. */
  most: bigint;
}

function openRow(place: number, a: Nanodollars, b: Nanodollars): OpenRow {
  const floors = [floorToCents(a), floorToCents(b)] as const;
  const lost = [a - floors[0] * NANODOLLARS_PER_CENT, b - floors[1] * NANODOLLARS_PER_CENT] as const;
  const both = lost[0] + lost[1];
  const choices = CHOICES.filter(([x, y]) => (x === 0n || lost[0] > 0n) && (y === 0n || lost[1] > 0n) && floorToCents(both) <= x + y && x + y <= -floorToCents(-both));
  const gain = ([x, y]: Pair<bigint>): bigint => x * lost[0] + y * lost[1];
  return { place, floors, choices: choices.toSorted((x, y) => Number(gain(y) - gain(x))), most: lost[0] > lost[1] ? lost[0] : lost[1] };
}

const CHOICES: readonly Pair<bigint>[] = [[1n, 1n], [1n, 0n], [0n, 1n], [0n, 0n]];

/** Least and most of the first column, the second, and both. */
type Bounds = readonly [Pair<bigint>, Pair<bigint>, Pair<bigint>];
const NO_BOUNDS: Bounds = [[0n, 0n], [0n, 0n], [0n, 0n]];

function boundsOf(choices: readonly Pair<bigint>[]): Bounds {
  const range = (valueOf: (choice: Pair<bigint>) => bigint): Pair<bigint> => {
    const values = choices.map(valueOf);
    return [values.reduce((a, b) => (a < b ? a : b)), values.reduce((a, b) => (a > b ? a : b))];
  };
  return [range(([a]) => a), range(([, b]) => b), range(([a, b]) => a + b)];
}

function addBounds(one: Bounds, other: Bounds): Bounds {
  return [addPairs(one[0], other[0]), addPairs(one[1], other[1]), addPairs(one[2], other[2])];
}

/** Whether the remaining rows can take exactly these cents. They can within their bounds, because each choice is bounded in the same three ways. */
function isWithin([a, b]: Pair<bigint>, [first, second, both]: Bounds): boolean {
  const fits = (value: bigint, [least, most]: Pair<bigint>): boolean => least <= value && value <= most;
  return fits(a, first) && fits(b, second) && fits(a + b, both);
}

function sumOf(rows: readonly OpenRow[], column: 0 | 1): bigint {
  return rows.reduce((sum, { floors }) => sum + floors[column], 0n);
}
