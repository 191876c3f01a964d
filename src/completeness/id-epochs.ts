import { LONGEST_REQUEST } from "./record-ids.ts";

/** Ids without a gap between them, and where they came from. Times in milliseconds since 1970. */
export interface BroughtRun {
  first: bigint;
  last: bigint;
  /** Null where no record of the run has a readable time. */
  from: number | null;
  to: number | null;
  export: { name: string; time: number };
  /** There may be ids in it that did not come. */
  merged: boolean;
}

/** What a gateway numbered in one go, from one installation to the next. In order of time, those without a time last. */
export type Epoch = BroughtRun[];

type TimedRun = BroughtRun & { from: number; to: number };

/**
 * Cuts what a gateway's exports brought, in whatever order, into epochs.
 *
 * The rule: in order of the requests' times ids only grow, but for requests that overlap. The ids began again while the times went on
 * - where a run's first id is not above one that was given more than `LONGEST_REQUEST` earlier, or
 * - where an id has two times, however near: these are two requests (docs/same-request.md).
 * Late and repeated records have the times they always had, so they fall into their own epoch. A run without times begins none.
 * What this cannot tell from a gap: a restart whose first id that arrived is above all ids given before.
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
 * From which run of the epoch on a new one begins; its length where that is `run` itself, undefined where none begins.
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
 * The run behind `before` at which ids fall back most from the one before it. Requests do not outlive an installation, so a new one can
 * only begin where everything before has ended; where that is nowhere, with the last run.
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

/** Whether the runs have an id in common that was given at two times. A run has each of its ids once, and so have those of an export. */
function isGivenAgain(before: TimedRun, run: TimedRun): boolean {
  if (before.merged || run.merged || before.last < run.first || run.last < before.first) return false;
  return before.export === run.export || before.to < run.from;
}

/** How early some id at or above another was given, among the runs of an epoch. */
class EarliestAbove {
  /** None has both a lower `last` and a later `to` than another: both grow. */
  readonly #runs: Pick<TimedRun, "last" | "to">[] = [];

  add({ last, to }: TimedRun): void {
    const at = this.#place(last);
    if ((this.#runs[at]?.to ?? Infinity) <= to) return;
    let from = at;
    while (from > 0 && (this.#runs[from - 1]?.to ?? -Infinity) >= to) from--;
    const same = this.#runs[at]?.last === last ? 1 : 0;
    this.#runs.splice(from, at - from + same, { last, to });
  }

  /** Infinity where no id is as high. */
  find(id: bigint): number {
    return this.#runs[this.#place(id)]?.to ?? Infinity;
  }

  /** Of the first run that goes up to `id`. */
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

/** The last epoch begun before the export was made, of which the id may be; a new one where there is none at all. */
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
