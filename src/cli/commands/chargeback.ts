import { sumOwedCorrections } from "../../chargeback/corrections/correction.ts";
import type { FocusExport } from "../../chargeback/export-focus.ts";
import type { Reporting } from "../../chargeback/make-report.ts";
import { type OpenReport, reportMonth } from "../../chargeback/report-month.ts";
import { sumListValue, sumOwed } from "../../chargeback/report/allocation-figures.ts";
import { renderJson } from "../../chargeback/report/render-json.ts";
import type { ChargebackReport } from "../../chargeback/report/report.ts";
import type { RequestCost } from "../../chargeback/report/usage-figures.ts";
import type { PublishedReport } from "../../chargeback/gathering/publish-report.ts";
import { teamChargebacks, type TeamChoice, type TeamFiles } from "../../chargeback/gathering/team-chargebacks.ts";
import { assumedToJson, formatAssumed } from "../../chargeback/sections/quality/assumed-subscriptions.ts";
import { countQuarantined } from "../../chargeback/sections/quality/feeding-exports.ts";
import { formatQuarantined, formatUnknownCounts } from "../../chargeback/sections/quality/reading-notes.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { formatDollars, signDollar } from "../../ledger/money.ts";
import { boundMonth } from "../../ledger/months.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openWith } from "../../open/open-ledger.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { refreshPolicy } from "../../open/refresh-from-gateways.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { requireClockForClose } from "../clock-for-close.ts";
import { describeStatus } from "../../chargeback/sections/status.ts";
import { firstLines } from "../first-lines.ts";
import { openLog, print, printJsonText, silentProgress } from "../terminal.ts";
import { closeAndSay, sayClosed } from "./chargeback-close.ts";
import { describeTeamFiles } from "./describe-team-files.ts";

export interface ChargebackFlags extends SettingFlags {
  /** `YYYY-MM` */
  month?: string;
  /** Whether to close the month. */
  close?: boolean;
  /** Who closes it; by default the logged-in user. */
  by?: string;
  clockIsRight?: boolean;
  json?: boolean;
  /** Also writes a report of this team alone. */
  team?: string;
  /** Also writes a report of each team alone. */
  teams?: boolean;
}

/** Writes a month's report into the lake and summarises it; closes the month on request. Resolves to the exit code. */
export async function chargeback(flags: ChargebackFlags, clock: Clock): Promise<number> {
  const { month } = flags;
  if (month === undefined) throw new LedgerError("usage", "no month is given", { remedy: "say which with --month, for example --month 2026-10" });
  return await chargeMonth(await loadSettings(flags), { ...flags, month }, clock);
}

export async function chargeMonth(config: Config, flags: Omit<ChargebackFlags, keyof SettingFlags> & { month: string }, clock: Clock): Promise<number> {
  boundMonth(flags.month, config.timezone);
  const ledger = await openReporting(config, clock);
  if (flags.close) await requireClockForClose(config, ledger, flags, clock);
  if (flags.close) return await closeAndSay(ledger, flags.month, flags, clock);
  const reported = await reportMonth(ledger, flags.month);
  if ("closed" in reported) await sayClosed(ledger.stores.lake, reported.closed, flags);
  else sayOpen(ledger.stores.lake, reported, await cutToTeams(ledger.stores.lake, reported.open, flags), flags);
  return 0;
}

/** Everything that reporting and closing need. */
export async function openReporting(config: Config, clock: Clock): Promise<Reporting> {
  const lake = await openLake(config);
  const stores = { lake, archive: await openArchive(config), sources: await openSources(config) };
  const services = { log: openLog(), progress: silentProgress, clock };
  const policies = await refreshPolicy(config, lake, services);
  return await openWith(config, stores, { gateways: await loadGatewaySnapshots(lake), policies }, services);
}

/** Undefined where no team was asked for. */
async function cutToTeams(lake: ObjectStore, { report }: PublishedReport, { team, teams }: Pick<ChargebackFlags, "team" | "teams">): Promise<TeamFiles[] | undefined> {
  const choice: TeamChoice | undefined = team === undefined ? (teams ? { all: true } : undefined) : { team };
  return choice === undefined ? undefined : await teamChargebacks(lake, report, choice);
}

function sayOpen(lake: ObjectStore, { open: charged, focus }: OpenReport, teams: readonly TeamFiles[] | undefined, { json }: Pick<ChargebackFlags, "json">): void {
  const files = Object.entries(charged.files).map(([format, key]): [string, string] => [format, addressOf(lake, key)]);
  if (json) {
    const ofTeams = teams === undefined ? {} : { team_files: teams.map((one) => describeTeamFiles(lake, one)) };
    printJsonText(renderJson(charged.report, { files: Object.fromEntries(files), focus: focusAsJson(lake, focus), ...ofTeams }).trimEnd());
    return;
  }
  print(...describeChargeback(charged, files.map(([, file]) => file)), ...describeFocus(lake, focus));
  if (teams !== undefined) print(...firstLines(teams, (one) => `team page    ${addressOf(lake, one.files.html)}`));
}

export function describeChargeback({ report, written }: Pick<PublishedReport, "report" | "written">, files: readonly string[]): string[] {
  const { month, status, gateways, total, quality, allocated, byTeam } = report;
  const lines = [
    `chargeback   ${[`${month.name} in ${month.timezone}`, ...gateways].join(", ")}, ${total.requests} requests`,
    `status       ${describeStatus(status, month)}`,
    `total        ${dollars(total)}`,
    `metered      ${dollars(total.billing.metered)}, money owed`,
    `subscription ${dollars(total.billing.subscription)}, list value: the callers' own plans pay`,
    ...(total.billing.caller_key.requests === 0n ? [] : [`caller key   ${dollars(total.billing.caller_key)}, list value: the accounts of the callers' own API keys pay`]),
    `self-hosted  ${dollars(total.billing.self_hosted)}`,
    `unpriced     ${total.unpricedRequests} requests with tokens and no price, in no cost`,
    ...(allocated.adjustments === null ? [] : [`adjustments  ${signDollar(formatDollars(allocated.adjustments))}`]),
    `owed         ${dollars(sumOwed(allocated))}: metered, self-hosted${allocated.adjustments === null ? "" : ", adjustments"}`,
    ...firstLines(byTeam, describeTeam),
    ...describeCorrections(report),
    ...files.map((file) => `report       ${file}`),
  ];
  if (written.length === 0) lines.push("             unchanged, nothing was written");
  lines.push(
    ...firstLines(quality.damaged, ({ instance, name, records }) => `damaged      ${visibleText(`${instance} ${name}`)}: ${records.accepted} records before the damage count`),
    ...firstLines(quality.quarantined, ({ instance, name, records }) => `quarantined  ${visibleText(`${instance} ${name}`)}: ${records.quarantined} of ${records.read} records`),
    ...firstLines(quality.unbuiltDays, ({ date, instance }) => `not built    ${date} of ${instance}: aperture-ledger run builds it`),
  );
  if (quality.damaged.length > 0) lines.push("attention    the total lacks what could not be read of damaged exports");
  lines.push(...formatAssumed(assumedToJson(quality.assumed)));
  const records = countQuarantined(quality.quarantined);
  if (records > 0) lines.push(`attention    ${formatQuarantined(records, quality.notes)}: they are not in the total`);
  lines.push(...formatUnknownCounts(quality.notes).map((count) => `attention    ${count}: no price list covers this count`));
  return lines;
}

function describeCorrections({ corrections, allocated }: ChargebackReport): string[] {
  if (corrections.length === 0) return [];
  const months = [...Map.groupBy(corrections, ({ corrects }) => corrects)].map(
    ([month, rows]) => `corrections  ${signDollar(formatDollars(sumOwedCorrections(rows)))} of ${month}, ${String(rows.length)} rows`,
  );
  const toBook = (sumOwed(allocated).cost ?? 0n) + sumOwedCorrections(corrections);
  return [...months, `to book      ${signDollar(formatDollars(toBook))}: owed and corrections`];
}

function describeTeam({ key: { team, costCenter }, figures }: ChargebackReport["byTeam"][number]): string {
  const center = costCenter === null ? "" : `, cost centre ${visibleText(costCenter)}`;
  return `team         ${visibleText(team)}${center}: ${dollars(sumOwed(figures))} owed, list value ${dollars(sumListValue(figures))}`;
}

function dollars({ requests, cost }: RequestCost): string {
  if (cost !== null) return signDollar(formatDollars(cost));
  return requests === 0n ? "none" : "not priced";
}

/** Lines about the FOCUS export: where it is, and what it does not include. */
function describeFocus(lake: Pick<ObjectStore, "url">, { files, written, detail, rows, unpriced }: FocusExport): string[] {
  return [
    `focus        FOCUS 1.2${detail === "team" ? " by team, without callers" : ""}, ${String(rows)} rows${written.length === 0 ? ", unchanged" : ""}`,
    ...Object.values(files).map((key) => `focus        ${addressOf(lake, key)}`),
    ...(unpriced.requests === 0n
      ? []
      : [`             without ${unpriced.requests} requests that have no price: ${unpriced.inputTokens} tokens in, ${unpriced.outputTokens} out`]),
  ];
}

/** The same for programs. */
function focusAsJson(lake: Pick<ObjectStore, "url">, { files, detail, rows, unpriced }: FocusExport): object {
  return {
    ...Object.fromEntries(Object.entries(files).map(([format, key]) => [format, addressOf(lake, key)])),
    detail,
    rows,
    unpriced_requests: unpriced.requests,
    unpriced_input_tokens: unpriced.inputTokens,
    unpriced_output_tokens: unpriced.outputTokens,
  };
}
