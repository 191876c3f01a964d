import { findCompleteness, type GapJson } from "../../completeness/gateway-completeness.ts";
import { longestQuiet, usualInterval } from "../../completeness/export-silences.ts";
import { noteLedger } from "../../lake/ledger-notes.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import type { HealthKind } from "../../ledger/alert-kinds.ts";
import { HOUR_MS } from "../../ledger/durations.ts";
import { type ExportSize, findBacklog, showDuration } from "../conditions/find-backlog.ts";
import type { Condition } from "../conditions/condition.ts";
import type { HealthSettings } from "../conditions/health-settings.ts";

/** The kinds of conditions that manifests show. */
export const BY_MANIFESTS: ReadonlySet<HealthKind> = new Set<HealthKind>(["exports_silent", "backlog", "gap_open", "damaged", "quarantined", "new_field"]);

export interface HealthView {
  /** Names of the gateways whose exports are pulled. No other gateway is expected to send exports. */
  gateways: readonly string[];
  exports: readonly KnownExport[];
  /** Exports that are at a source but not ingested yet. They count as arrived. */
  waiting?: readonly Arrival[] | undefined;
}

interface Arrival {
  instance: string;
  name: string;
  time: Date;
}

/** A gap is reported when the export after it is this old, since later exports may still bring its records. */
const GAP_GRACE = 2 * HOUR_MS;

/** The conditions that manifests show, ordered by gateway, then by kind as above. */
export function findConditions({ gateways, exports, waiting = [] }: HealthView, settings: HealthSettings, now: Date): Condition[] {
  return gateways.toSorted().flatMap((instance) => {
    const known = newestOfEachName(exports.filter((one) => one.instance === instance));
    const arriving = waiting.filter((one) => one.instance === instance).map(({ name, time }) => ({ name, time: time.getTime() }));
    return [
      ...findSilent(instance, [...known.map(({ name, time }) => ({ name, time: Date.parse(time) })), ...arriving], settings, now),
      ...findFallingBehind(instance, known, settings),
      ...findOpenGaps(instance, known, now),
      ...findExports("damaged", instance, known.filter(({ damaged }) => damaged), []),
      ...findQuarantined(instance, known),
      ...findNewFields(instance, known),
    ];
  });
}

/** Exports in order of time. If an export was replaced under its name, only its last version is included. */
function newestOfEachName(exports: readonly KnownExport[]): KnownExport[] {
  const sorted = exports.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time) || (a.stem < b.stem ? -1 : 1));
  return [...new Map(sorted.map((one) => [one.name, one])).values()];
}

function findSilent(subject: string, times: readonly { name: string; time: number }[], { silentMilliseconds }: HealthSettings, now: Date): Condition[] {
  const newest = times.reduce((latest, { time }) => Math.max(latest, time), Number.NEGATIVE_INFINITY);
  const silence = now.getTime() - newest;
  if (!Number.isFinite(newest) || silence <= longestQuiet(times, silentMilliseconds)) return [];
  const usual = usualInterval(times);
  const fact = `none for ${showDuration(silence)}${usual === 0 ? "" : `, usually one every ${showDuration(usual)}`}`;
  return [{ kind: "exports_silent", subject, since: new Date(newest), members: [], facts: [fact], figures: { silent_minutes: Math.round(silence / 60_000), usual_minutes: Math.round(usual / 60_000) } }];
}

function findFallingBehind(subject: string, exports: readonly KnownExport[], settings: HealthSettings): Condition[] {
  const sizes = exports.flatMap(({ time, damaged, records, record_ids: ids }): ExportSize[] => {
    if (damaged || records.read === 0) return [];
    const newest = (ids?.runs ?? []).flatMap(({ to }) => (to === null ? [] : [Date.parse(to)]));
    return [{ time: Date.parse(time), records: records.read, newest: newest.length === 0 ? null : Math.max(...newest) }];
  });
  const backlog = findBacklog(sizes, settings);
  if (backlog === undefined) return [];
  const { since, fact, remedy } = backlog;
  const newest = sizes.at(-1);
  return [{ kind: "backlog", subject, since, members: [], facts: [fact], remedy, figures: { records: newest?.records ?? null, newest_record_at: newest?.newest === undefined || newest.newest === null ? null : new Date(newest.newest).toISOString() } }];
}

function findOpenGaps(subject: string, exports: readonly KnownExport[], now: Date): Condition[] {
  const times = new Map(exports.map(({ name, time }) => [name, Date.parse(time)]));
  const { gaps } = findCompleteness(subject, exports.map(({ name, time, record_ids: ids }) => ({ name, time, ids })));
  const open = gaps.filter((gap) => gap.state === "open" && now.getTime() - (times.get(gap.before.export) ?? 0) >= GAP_GRACE);
  const first = open[0];
  if (first === undefined) return [];
  const missing = String(open.reduce((sum, gap) => sum + BigInt(gap.missing), 0n));
  const since = new Date(first.after.time ?? times.get(first.after.export) ?? 0);
  return [{ kind: "gap_open", subject, since, members: open.map(nameGap), facts: [`${missing} ids are missing`, `after ${first.after.export}, before ${first.before.export}`], figures: { gaps: open.length, missing } }];
}

function nameGap({ first_missing: first, last_missing: last }: GapJson): string {
  return first === last ? String(first) : `${String(first)} to ${String(last)}`;
}

function findExports(kind: "damaged" | "quarantined", subject: string, exports: readonly KnownExport[], facts: readonly string[]): Condition[] {
  const first = exports[0];
  if (first === undefined) return [];
  return [{ kind, subject, since: new Date(first.time), members: exports.map(({ name }) => name), facts, figures: { exports: exports.length } }];
}

function findQuarantined(subject: string, exports: readonly KnownExport[]): Condition[] {
  const quarantined = exports.filter(({ records }) => records.quarantined > 0);
  const records = quarantined.reduce((sum, one) => sum + one.records.quarantined, 0);
  const { quarantine } = noteLedger(quarantined, []);
  const found = findExports("quarantined", subject, quarantined, [`${String(records)} records; of those whose amount can be read $${quarantine.cost_usd}`]);
  return found.map((one) => ({ ...one, figures: { ...one.figures, records, cost_usd: quarantine.cost_usd } }));
}

function findNewFields(subject: string, exports: readonly KnownExport[]): Condition[] {
  const { unknown_keys: keys } = noteLedger(exports, []);
  const first = exports.find(({ unknown_keys: of }) => of.length > 0);
  if (first === undefined) return [];
  const facts = keys.map(({ key, records, first_export: name }) => `${key}: in ${String(records)} records, first in ${name}`);
  return [{ kind: "new_field", subject, since: new Date(first.time), members: keys.map(({ key }) => key), facts, figures: { fields: keys.length } }];
}
