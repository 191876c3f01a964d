import { checkTeams } from "../../allocation/settings/check-teams.ts";
import { formatQuarantined, formatUnknownCounts } from "../../chargeback/sections/quality/reading-notes.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { DAY_MANIFESTS } from "../../lake/layout.ts";
import { listObjects } from "../../lake/ledger-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { monthToReport } from "../month-of-flag.ts";
import { openStoresToWrite } from "../../open/open-stores.ts";
import { runOnce, type RunSummary } from "../../run/run-once.ts";
import { firstLines } from "../first-lines.ts";
import { warnOfExposedKeys } from "../warn-of-exposed-keys.ts";
import { warnOfWeights } from "../warn-of-weights.ts";
import { sayNext } from "../next-commands.ts";
import { openLog, openProgress, print, printJson, printJsonText } from "../terminal.ts";
import { billionths } from "../../ledger/dollars.ts";
import { showMoney } from "../shown-money.ts";

export interface RunFlags extends SettingFlags {
  json?: boolean;
  strict?: boolean;
}

/** Exit code 3: done, but the totals lack quarantined or damaged data, or a copy was altered. */
const INCOMPLETE = 3;

/** One pass in this process. Resolves to the exit code. */
export async function run(flags: RunFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const { incomplete, lake } = await runPass(config, flags, clock);
  if (process.stderr.isTTY) sayNext({ after: "run", incomplete, month: monthToReport(await listBuiltDates(lake), config.timezone, clock()) }, flags);
  return flags.strict && incomplete ? INCOMPLETE : 0;
}

async function listBuiltDates(lake: ObjectStore): Promise<string[]> {
  return [...(await listObjects(lake, DAY_MANIFESTS)).keys()].map((key) => key.slice(DAY_MANIFESTS.length, DAY_MANIFESTS.length + "YYYY-MM-DD".length));
}

interface Pass {
  /** Whether the totals lack quarantined or damaged data, or a copy was altered. */
  incomplete: boolean;
  lake: ObjectStore;
}

export async function runPass(config: Config, flags: Pick<RunFlags, "json">, clock: Clock): Promise<Pass> {
  if (config.sources.length === 0) {
    throw new LedgerError("usage", "no source is given", {
      remedy: "say where the exports are with --source URL or sources: in aperture-ledger.yaml",
    });
  }
  const log = openLog();
  const progress = await openProgress();
  try {
    const stores = await openStoresToWrite(config);
    const ledger = await openLedger(config, { log, progress, clock, ...(flags.json ? {} : { print: printJsonText }) }, "refresh", stores);
    checkTeams(ledger.rules.allocation);
    warnOfWeights(ledger.rules.allocation, log);
    await warnOfExposedKeys(config, log);
    const summary = await runOnce(ledger);
    progress.end();
    if (flags.json) printJson(summary);
    else print(...describeRun(summary, ledger.stores.lake.url));
    const incomplete = summary.exports.damaged > 0 || summary.records.quarantined > 0 || summary.altered_copies !== undefined;
    return { incomplete, lake: stores.lake };
  } finally {
    progress.end();
  }
}

function describeRun({ exports, records, days, months, corrections, limits = [], alerts, health, reports, totals, altered_copies: altered, notes }: RunSummary, lake: string): string[] {
  const lines = [
    `exports   ${exports.seen} seen, ${exports.ingested} ingested, ${exports.skipped} already known`,
    `records   ${records.read} read, ${records.accepted} accepted, ${records.quarantined} quarantined, ${records.duplicates} duplicates`,
    `days      ${days.built} built, ${days.fresh} fresh`,
    `months    ${months.allocated} allocated, ${months.fresh} fresh`,
    `ledger    ${totals.requests} requests, ${showMoney(billionths.parse(totals.cost_usd))}, ${totals.unpriced_requests} unpriced, in ${lake}`,
  ];
  if (corrections !== undefined && corrections.corrected.length > 0) lines.push(`corrected ${listSome(corrections.corrected)}: booked in ${corrections.booking}`);
  lines.push(...firstLines(limits, ({ name, period, percent }) => visibleText(`budget    ${name} ${period}: ${String(percent)} % spent`)));
  if (alerts !== undefined && alerts.sent + alerts.failed > 0) lines.push(`alerts    ${alerts.sent} sent, ${alerts.failed} not delivered yet`);
  if (health !== undefined && health.conditions.length > 0) lines.push(`health    ${health.conditions.length} ${health.conditions.length === 1 ? "condition" : "conditions"}, ${health.alerts.sent} alerts sent, ${health.alerts.failed} not delivered yet: aperture-ledger status says what is wrong`);
  if (reports !== undefined) lines.push(`reports   ${reports.sent} that had not arrived are now delivered, ${reports.failed} are still not`);
  if (exports.damaged > 0) {
    lines.push(`damaged   ${exports.damaged} exports could not be read to their end: the totals lack their unreadable parts`);
  }
  if (altered !== undefined) lines.push(`attention ${altered} copies in the archive were altered`);
  if (records.quarantined > 0 && notes !== undefined) lines.push(`attention ${formatQuarantined(records.quarantined, notes)}: they are not in the totals`);
  lines.push(...(notes === undefined ? [] : formatUnknownCounts(notes)).map((count) => `attention ${count}: no price list covers this count`));
  if (records.newer > 0) lines.push(`attention ${records.newer} records have a newer schema version than this reader knows`);
  if (exports.damaged > 0 || records.quarantined > 0 || altered !== undefined) lines.push("          aperture-ledger status names them");
  return lines;
}
