import { type BroughtRun, splitEpochs } from "./id-epochs.ts";
import { type Edge, type EpochIds, findGaps, type IdGap } from "./id-gaps.ts";
import { findSilences, type Silence } from "./export-silences.ts";
import type { RecordIds } from "./record-ids.ts";

/** The facts of an export that completeness needs. */
export interface ReadExport {
  name: string;
  /** When it was made, ISO 8601. */
  time: string;
  /** Null where the export was read by a version that did not note ids. */
  ids: RecordIds | null;
}

interface EdgeJson {
  /** Decimal. */
  id: string;
  time: string | null;
  export: string;
}

/**
 * A gap in the ids. `exporter_silent`: the ids are missing across a silence of the exporter. `restart`: the gateway restarted its
 * numbering, and no id is known to be missing. A gap without a reason is open.
 */
export interface GapJson {
  state: "explained" | "open";
  reason: "exporter_silent" | "restart" | null;
  /** Number of missing ids. */
  missing: string;
  /** Null at a restart. */
  first_missing: string | null;
  last_missing: string | null;
  after: EdgeJson;
  before: EdgeJson;
}

/** `quiet`: the ids continue after it, so nothing was lost. `ids_missing`: they do not. null: the ids around it are unknown, or the numbering restarted. */
export interface SilenceJson {
  from: string;
  to: string;
  reason: "quiet" | "ids_missing" | null;
  after: string;
  before: string;
}

/** Which records of a gateway arrived, and which are missing. Ids and counts of ids are decimal. */
export interface GatewayCompleteness {
  instance: string;
  /** Last id of the newest epoch; null where no id is known. */
  first_id: string | null;
  last_id: string | null;
  /** Over all epochs: ids that arrived, counting reused ids each time, and missing ids between two that arrived. */
  received: string;
  missing: string;
  gaps: GapJson[];
  silences: SilenceJson[];
  restarts: number;
  /** Exports read by a version that did not note ids: their records may be among the missing. */
  unknown_exports: number;
  /** Exports with more gaps than are noted: some of their missing ids are not shown. */
  coarse_exports: number;
}

/** Finds gaps in the ids and times of a gateway's exports. */
export function findCompleteness(instance: string, exports: readonly ReadExport[]): GatewayCompleteness {
  const times = exports.map(({ name, time }) => ({ name, time: Date.parse(time) }));
  const epochs = splitEpochs(exports.flatMap(broughtBy)).flatMap((epoch) => findGaps(epoch) ?? []);
  const silences = findSilences(times);
  const gaps = epochs.flatMap((epoch) => epoch.gaps);
  const newest = epochs.at(-1);
  const hasIds = exports.some(({ ids }) => (ids?.runs.length ?? 0) > 0);
  const restarts = epochs.slice(1).map(({ lowest }, index) => ({ after: epochs[index]?.highest ?? lowest, before: lowest }));
  return {
    instance,
    first_id: newest === undefined ? null : String(newest.lowest.id),
    last_id: newest === undefined ? null : String(newest.highest.id),
    received: String(epochs.reduce((sum, { received }) => sum + received, 0n)),
    missing: String(gaps.reduce((sum, gap) => sum + sizeOf(gap), 0n)),
    gaps: epochs.flatMap((epoch, index) => [...restartBefore(epoch, epochs[index - 1]), ...epoch.gaps.map((gap) => describeGap(gap, silences))]),
    silences: silences.map((silence) => describeSilence(silence, { gaps, isKnown: hasIds && !restarts.some((restart) => fallsInto(restart, silence)) })),
    restarts: Math.max(0, epochs.length - 1),
    unknown_exports: exports.filter(({ ids }) => ids === null).length,
    coarse_exports: exports.filter(({ ids }) => ids?.merged).length,
  };
}

function broughtBy({ name, time, ids }: ReadExport): BroughtRun[] {
  const made = { name, time: Date.parse(time) };
  return (ids?.runs ?? []).map(({ first, last, from, to }) => ({ first: BigInt(first), last: BigInt(last), from: timeOf(from), to: timeOf(to), export: made, merged: ids?.merged ?? false }));
}

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** Whether two ids are the last before a silence and the first after it. */
function fallsInto({ after, before }: Pick<IdGap, "after" | "before">, silence: Silence): boolean {
  const [from, to] = [after.time ?? after.export.time, before.time ?? before.export.time];
  return after.export.time <= silence.after.time && before.export.time >= silence.before.time && from <= silence.before.time && to >= silence.after.time;
}

function sizeOf({ first, last }: IdGap): bigint {
  return last - first + 1n;
}

function describeGap(gap: IdGap, silences: readonly Silence[]): GapJson {
  const isSilent = silences.some((silence) => fallsInto(gap, silence));
  return {
    state: isSilent ? "explained" : "open",
    reason: isSilent ? "exporter_silent" : null,
    missing: String(sizeOf(gap)),
    first_missing: String(gap.first),
    last_missing: String(gap.last),
    after: describeEdge(gap.after),
    before: describeEdge(gap.before),
  };
}

function restartBefore({ lowest }: EpochIds, earlier: EpochIds | undefined): GapJson[] {
  if (earlier === undefined) return [];
  const [after, before] = [describeEdge(earlier.highest), describeEdge(lowest)];
  return [{ state: "explained", reason: "restart", missing: "0", first_missing: null, last_missing: null, after, before }];
}

function describeSilence(silence: Silence, { gaps, isKnown }: { gaps: readonly IdGap[]; isKnown: boolean }): SilenceJson {
  const { after, before } = silence;
  const crossing = gaps.some((gap) => fallsInto(gap, silence)) ? "ids_missing" : "quiet";
  return {
    from: new Date(after.time).toISOString(),
    to: new Date(before.time).toISOString(),
    reason: isKnown ? crossing : null,
    after: after.name,
    before: before.name,
  };
}

function describeEdge({ id, time, export: { name } }: Edge): EdgeJson {
  return { id: String(id), time: time === null ? null : new Date(time).toISOString(), export: name };
}
