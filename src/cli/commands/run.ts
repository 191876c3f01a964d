import { checkTeams } from "../../allocation/settings/check-teams.ts";
import { formatQuarantined, formatUnknownCounts } from "../../chargeback/sections/quality/reading-notes.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { listSome } from "../../ledger/text/list-some.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { openStoresToWrite } from "../../open/open-stores.ts";
import { runOnce, type RunSummary } from "../../run/run-once.ts";
import { firstLines } from "../first-lines.ts";
import { openLog, openProgress, print, printJson, printJsonText } from "../terminal.ts";

export interface RunFlags extends SettingFlags {
  json?: boolean;
  strict?: boolean;
}

/** Exit code 3: done, but the totals lack quarantined or damaged data, or a copy was altered. */
const INCOMPLETE = 3;

/** One pass in this process. Resolves to the exit code. */
export async function run(flags: RunFlags, clock: Clock): Promise<number> {
  return await runPass(await loadSettings(flags), flags, clock);
}

export async function runPass(config: Config, flags: Pick<RunFlags, "json" | "strict">, clock: Clock): Promise<number> {
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
    const summary = await runOnce(ledger);
    progress.end();
    if (flags.json) printJson(summary);
    else print(...describeRun(summary, ledger.stores.lake.url));
    const incomplete = summary.exports.damaged > 0 || summary.records.quarantined > 0 || summary.altered_copies !== undefined;
    return flags.strict && incomplete ? INCOMPLETE : 0;
  } finally {
    progress.end();
  }
}

function describeRun({ exports, records, days, months, corrections, limits = [], alerts, totals, altered_copies: altered, notes }: RunSummary, lake: string): string[] {
  const lines = [
    `exports   ${exports.seen} seen, ${exports.ingested} ingested, ${exports.skipped} already known`,
    `records   ${records.read} read, ${records.accepted} accepted, ${records.quarantined} quarantined, ${records.duplicates} duplicates`,
    `days      ${days.built} built, ${days.fresh} fresh`,
    `months    ${months.allocated} allocated, ${months.fresh} fresh`,
    `ledger    ${totals.requests} requests, $${totals.cost_usd}, ${totals.unpriced_requests} unpriced, in ${lake}`,
  ];
  if (corrections !== undefined && corrections.corrected.length > 0) lines.push(`corrected ${listSome(corrections.corrected)}: booked in ${corrections.booking}`);
  lines.push(...firstLines(limits, ({ name, period, percent }) => visibleText(`budget    ${name} ${period}: ${String(percent)} % spent`)));
  if (alerts !== undefined && alerts.sent + alerts.failed > 0) lines.push(`alerts    ${alerts.sent} sent, ${alerts.failed} not delivered yet`);
  if (exports.damaged > 0) {
    lines.push(`damaged   ${exports.damaged} exports could not be read to their end: the totals lack what they hold`);
  }
  if (altered !== undefined) lines.push(`attention ${altered} copies in the archive are not what was archived`);
  if (records.quarantined > 0 && notes !== undefined) lines.push(`attention ${formatQuarantined(records.quarantined, notes)}: they are not in the totals`);
  lines.push(...(notes === undefined ? [] : formatUnknownCounts(notes)).map((count) => `attention ${count}: no price list covers this count`));
  if (records.newer > 0) lines.push(`attention ${records.newer} records have a newer schema version than this reader knows`);
  if (exports.damaged > 0 || records.quarantined > 0 || altered !== undefined) lines.push("          aperture-ledger status names them");
  return lines;
}
