import type { BroughtRun, Epoch } from "./id-epochs.ts";

/** An arrived id, and the first export that brought it. */
export interface Edge {
  id: bigint;
  /** Milliseconds since 1970; null where no record of its run has a readable time. */
  time: number | null;
  export: BroughtRun["export"];
}

/** Missing ids of an epoch, between two that arrived. */
export interface IdGap {
  first: bigint;
  last: bigint;
  after: Edge;
  before: Edge;
}

export interface EpochIds {
  lowest: Edge;
  highest: Edge;
  /** Distinct ids. */
  received: bigint;
  gaps: IdGap[];
}

/** The missing ids of an epoch between its lowest and its highest id. An epoch has at least one run. */
export function findGaps(epoch: Epoch): EpochIds | undefined {
  const [lowest, ...others] = epoch.toSorted(byFirst);
  if (lowest === undefined) return undefined;
  const gaps: IdGap[] = [];
  let end = lowest;
  let received = lowest.last - lowest.first + 1n;
  for (const run of others) {
    if (run.first > end.last + 1n) gaps.push({ first: end.last + 1n, last: run.first - 1n, after: lastOf(end), before: firstOf(run) });
    if (run.last <= end.last) continue;
    received += run.last - (run.first > end.last ? run.first - 1n : end.last);
    end = run;
  }
  return { lowest: firstOf(lowest), highest: lastOf(end), received, gaps };
}

function firstOf({ first, from, export: name }: BroughtRun): Edge {
  return { id: first, time: from, export: name };
}

function lastOf({ last, to, export: name }: BroughtRun): Edge {
  return { id: last, time: to, export: name };
}

/** Among runs with the same first id, the one that arrived first. */
function byFirst(a: BroughtRun, b: BroughtRun): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.export.time - b.export.time;
}
