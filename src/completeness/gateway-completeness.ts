import { type BroughtRun, splitEpochs } from "./id-epochs.ts";
import { type Edge, type EpochIds, findGaps, type IdGap } from "./id-gaps.ts";
import { findSilences, type Silence } from "./export-silences.ts";
import type { RecordIds } from "./record-ids.ts";

/** An export as far as completeness is about it. */
export interface ReadExport {
  name: string;
  /** When it was made, ISO 8601. */
  time: string;
  /** Null where it was read before ids were noted. */
  ids: RecordIds | null;
}

interface EdgeJson {
  /** Decimal. */
  id: string;
  time: string | null;
  export: string;
}

/**
 * Where ids do not follow each other. `exporter_silent`: the ids are missing across a silence of the exporter. `restart`: ids
 * began again, and none is known to be missing. An open one has no reason.
 */
export interface GapJson {
  state: "explained" | "open";
  reason: "exporter_silent" | "restart" | null;
  /** How many ids. */
  missing: string;
  /** Null at a restart. */
  first_missing: string | null;
  last_missing: string | null;
  after: EdgeJson;
  before: EdgeJson;
}

/** `quiet`: ids go on across it, nothing was lost; `ids_missing`: they do not; null: nothing is known of the ids around it, or they began again across it. */
export interface SilenceJson {
  from: string;
  to: string;
  reason: "quiet" | "ids_missing" | null;
  after: string;
  before: string;
}

/** What arrived of a gateway, and what did not. Ids and counts of ids are decimal. */
export interface GatewayCompleteness {
  instance: string;
  /** Of the newest epoch; null where no id is known. */
  first_id: string | null;
  last_id: string | null;
  /** Over all epochs: ids that came, as often as they were given, and ids that did not between two that did. */
  received: string;
  missing: string;
  gaps: GapJson[];
  silences: SilenceJson[];
  restarts: number;
  /** Read before ids were noted: what they brought may be among the missing. */
  unknown_exports: number;
  /** Whose ids have more gaps than are noted: some of what they lack does not show. */
  coarse_exports: number;
}

/** Compares the ids and times of a gateway's exports with what a gateway that lost nothing would have brought. */
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
