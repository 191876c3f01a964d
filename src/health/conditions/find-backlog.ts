import { HOUR_MS, MINUTE_MS } from "../../ledger/durations.ts";
import type { HealthSettings } from "./health-settings.ts";

/** What the exporter put into an export. Times are in milliseconds since 1970. */
export interface ExportSize {
  time: number;
  records: number;
  /** Time of the newest record; null where it is unknown. */
  newest: number | null;
}

export interface Backlog {
  since: Date;
  fact: string;
  remedy: string;
}

/** The highest `limit` that the exporter accepts. */
const HIGHEST_LIMIT = 10_000;
/** Smaller exports may have the same size by chance. */
const LEAST_SAME = 100;
/**
 * A gateway writes a record when the request ends, with the time at which the request began. So a later export may contain a record that is older by
 * this much.
 */
const LONGEST_REQUEST = HOUR_MS;

/**
 * Finds several full exports in a row, or several that lag behind: the newest record of each already existed at the export before, and is older each
 * time. Returns undefined if the exporter keeps up. @param exports the exports of a gateway, in order of time.
 */
export function findBacklog(exports: readonly ExportSize[], { exporterLimit, backlogExports }: Pick<HealthSettings, "exporterLimit" | "backlogExports">): Backlog | undefined {
  const last = exports.at(-1);
  if (last === undefined) return undefined;
  const isFull = ({ records }: ExportSize): boolean => (exporterLimit === undefined ? records === last.records && records >= LEAST_SAME : records >= exporterLimit);
  const full = tailOf(exports, isFull);
  if (full.length >= backlogExports) return describeFull(full, last.records);
  const behind = tailOf(exports, (one, index) => isBehind(one, exports[index - 1]));
  return behind.length >= backlogExports ? describeBehind(behind) : undefined;
}

/** The longest run of elements at the end that all fulfil the condition. */
function tailOf(exports: readonly ExportSize[], holds: (one: ExportSize, index: number) => boolean): readonly ExportSize[] {
  return exports.slice(exports.findLastIndex((one, index) => !holds(one, index)) + 1);
}

function isBehind(one: ExportSize, before: ExportSize | undefined): boolean {
  if (before === undefined || one.newest === null || before.newest === null) return false;
  return one.newest < before.time - LONGEST_REQUEST && one.time - one.newest > before.time - before.newest;
}

function describeFull(full: readonly ExportSize[], records: number): Backlog {
  const fact = `the last ${String(full.length)} exports are full, with ${String(records)} records`;
  const remedy =
    records < HIGHEST_LIMIT
      ? `raise \`limit\` in the gateway's exporter settings above ${String(records)} (at most ${String(HIGHEST_LIMIT)}), until exports are smaller than it`
      : `shorten \`every\` in the gateway's exporter settings: \`limit\` cannot be above ${String(HIGHEST_LIMIT)}`;
  return { since: new Date(full[0]?.time ?? 0), fact, remedy };
}

function describeBehind(behind: readonly ExportSize[]): Backlog {
  const last = behind.at(-1);
  const age = last === undefined || last.newest === null ? 0 : last.time - last.newest;
  const fact = `the newest record of an export is older each time, for ${String(behind.length)} exports: ${showDuration(age)} now`;
  return { since: new Date(behind[0]?.time ?? 0), fact, remedy: "shorten `every` in the gateway's exporter settings: exports are not full, so a higher `limit` would not help" };
}

/** `45 minutes`, `5 hours`, `3 days`. */
export function showDuration(milliseconds: number): string {
  const [minutes, hours] = [Math.round(milliseconds / MINUTE_MS), Math.round(milliseconds / HOUR_MS)];
  if (minutes < 120) return `${String(minutes)} minutes`;
  return hours < 72 ? `${String(hours)} hours` : `${String(Math.round(hours / 24))} days`;
}
