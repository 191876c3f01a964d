import { LONGEST_REQUEST } from "./record-ids.ts";

/** Consecutive ids, and the export they arrived with. Times in milliseconds since 1970. */
export interface BroughtRun {
  first: bigint;
  last: bigint;
  /** Null where no record of the run has a readable time. */
  from: number | null;
  to: number | null;
  export: { name: string; time: number };
  /** Some ids of the run may be missing. */
  merged: boolean;
}

/** An epoch: the runs that one installation of a gateway numbered, in order of time, those without a time last. */
export type Epoch = BroughtRun[];

type TimedRun = BroughtRun & { from: number; to: number };

/**
 * Divides the runs of a gateway's exports, in any order, into epochs.
 *
 * The rule: in order of the requests' times, ids only grow, except among requests that overlap. The numbering restarted
 * - where a run's first id is not above an id that was given more than `LONGEST_REQUEST` earlier, or
 * - where an id has two times, however close: these are two requests (docs/same-request.md).
 * Late and repeated records keep their original times, so they belong to their own epoch. A run without times never begins an epoch.
 * A restart whose first arrived id is above all earlier ids cannot be distinguished from a gap.
 */
export function splitEpochs(runs: readonly BroughtRun[]): Epoch[] {
  const epochs: TimedRun[][] = [];
  const again = exportsWithIdsAgain(runs);
  let earliest = new EarliestAbove();
  for (const run of runs.filter(isTimed).sort(byTime)) {
    const epoch = epochs.at(-1);
    const begins = epoch === undefined ? 0 : findBeginning(epoch, run, { earliest: earliest.find(run.first), again });
    if (begins === undefined) {
      epoch?.push(run);
      earliest.add(run);
      continue;
    }
    const begun = [...(epoch?.splice(begins) ?? []), run];
    earliest = new EarliestAbove();
    for (const one of begun) earliest.add(one);
    epochs.push(begun);
  }
  const found: Epoch[] = epochs;
  for (const run of runs) if (!isTimed(run)) epochOf(run, found).push(run);
  return found;
}

/**
 * The index of the run that begins a new epoch; the epoch's length where `run` itself begins it, undefined where none does.
 * @param earliest when some id at or above the run's first was given, Infinity where none was
 * @param again exports in which ids were given again
 */
function findBeginning(epoch: readonly TimedRun[], run: TimedRun, { earliest, again }: { earliest: number; again: ReadonlySet<object> }): number | undefined {
  if (earliest + LONGEST_REQUEST < run.from) return epoch.length;
  if (earliest >= run.from && !again.has(run.export)) return undefined;
  const before = epoch.findLastIndex((one) => isGivenAgain(one, run));
  if (before === -1) return undefined;
  return findFallBack([...epoch, run], before);
}

/**
 * The run after `before` at which ids fall back most. Requests do not outlive an installation, so a new epoch can only begin where all
 * earlier requests have ended; if there is no such run, it begins with the last run.
 */
function findFallBack(runs: readonly TimedRun[], before: number): number {
  let ended = -Infinity;
  let most: { index: number; fall: bigint } | undefined;
  for (const [index, { first, from, to }] of runs.entries()) {
    const fall = (runs[index - 1]?.last ?? first) - first;
    if (index > before && ended < from && (most === undefined || fall > most.fall)) most = { index, fall };
    ended = Math.max(ended, to);
  }
  return most?.index ?? runs.length - 1;
}

function exportsWithIdsAgain(runs: readonly BroughtRun[]): Set<object> {
  const again = new Set<object>();
  for (const [made, own] of Map.groupBy(runs, (run) => run.export)) {
    const sorted = own.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    if (sorted.some(({ first }, index) => first <= (sorted[index - 1]?.last ?? first - 1n))) again.add(made);
  }
  return again;
}

/** Whether two runs share an id that was given at two times. Within a run, and among the runs of one export, each id occurs once. */
function isGivenAgain(before: TimedRun, run: TimedRun): boolean {
  if (before.merged || run.merged || before.last < run.first || run.last < before.first) return false;
  return before.export === run.export || before.to < run.from;
}

/** Finds when an id at or above a given one was first given, among the runs of an epoch. */
class EarliestAbove {
  /** Sorted so that `last` and `to` both grow. */
  readonly #runs: Pick<TimedRun, "last" | "to">[] = [];

  add({ last, to }: TimedRun): void {
    const at = this.#place(last);
    if ((this.#runs[at]?.to ?? Infinity) <= to) return;
    let from = at;
    while (from > 0 && (this.#runs[from - 1]?.to ?? -Infinity) >= to) from--;
    const same = this.#runs[at]?.last === last ? 1 : 0;
    this.#runs.splice(from, at - from + same, { last, to });
  }

  /** Infinity where every id is lower. */
  find(id: bigint): number {
    return this.#runs[this.#place(id)]?.to ?? Infinity;
  }

  /** Index of the first run that reaches `id`. */
  #place(id: bigint): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#runs[middle]?.last ?? id) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The last epoch that began before the export was made, to which the id may belong; a new epoch where there are no others. */
function epochOf(run: BroughtRun, epochs: Epoch[]): Epoch {
  const begun = epochs.filter(([first]) => first !== undefined && (first.from ?? first.export.time) <= run.export.time);
  const around = begun.findLast((epoch) => epoch.some(({ first }) => first <= run.first) && epoch.some(({ last }) => last >= run.last));
  const found = around ?? begun.at(-1) ?? epochs[0];
  if (found !== undefined) return found;
  const only: Epoch = [];
  epochs.push(only);
  return only;
}

function isTimed(run: BroughtRun): run is TimedRun {
  return run.from !== null && run.to !== null;
}

function byTime(a: TimedRun, b: TimedRun): number {
  if (a.from !== b.from) return a.from - b.from;
  return a.first < b.first ? -1 : a.first > b.first ? 1 : 0;
}
