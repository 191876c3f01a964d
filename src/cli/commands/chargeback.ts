import { allocateFor } from "../../../jobs/allocate-months.ts";
import { type MonthlyChargeback, monthlyChargeback } from "../../../jobs/monthly-chargeback.ts";
import { type TeamChoice, teamChargebacks } from "../../../jobs/team-chargebacks.ts";
import { sumOwed } from "../../chargeback/allocation-figures.ts";
import { countQuarantined } from "../../chargeback/data-quality.ts";
import type { Charge } from "../../chargeback/figures.ts";
import { signDollar } from "../../chargeback/format-figures.ts";
import { boundMonth } from "../../chargeback/month.ts";
import { renderJson } from "../../chargeback/render-json.ts";
import type { ChargebackReport } from "../../chargeback/report.ts";
import { visibleText } from "../../chargeback/visible-text.ts";
import type { Config } from "../../config.ts";
import { formatDollars } from "../../money.ts";
import { openAllocation } from "../open-allocation.ts";
import { openLake, reportSettings } from "../open-ledger.ts";
import { openKeptPricing } from "../open-pricing.ts";
import { loadSettings, type SettingFlags } from "../settings.ts";
import { openLog, print, silentProgress } from "../terminal.ts";

export interface ChargebackFlags extends SettingFlags {
  /** `YYYY-MM` */
  month: string;
  json?: boolean;
  /** Cuts the report to one team as well. */
  team?: string;
  /** Or to each of them. */
  teams?: boolean;
}

/** Writes a month's report into the lake and says what is in it. Resolves to the exit code. */
export async function chargeback(flags: ChargebackFlags): Promise<number> {
  return await chargeMonth(await loadSettings(flags), flags);
}

export async function chargeMonth(config: Config, flags: Pick<ChargebackFlags, "month" | "json" | "team" | "teams">): Promise<number> {
  boundMonth(flags.month, config.timezone);
  const lake = await openLake(config);
  const services = { log: openLog(), progress: silentProgress, clock: () => new Date() };
  const allocation = await openAllocation(config, lake, services, "is asked");
  const allocate = allocateFor({ lake, allocation, log: services.log });
  const pricingOf = await openKeptPricing(config, lake);
  const charged = await monthlyChargeback(lake, flags.month, config.timezone, { ...reportSettings(config), allocate, pricingOf });
  const files = {
    html: `${lake.url}/${charged.files.html}`,
    csv: `${lake.url}/${charged.files.csv}`,
    teams: `${lake.url}/${charged.files.teams}`,
    json: `${lake.url}/${charged.files.json}`,
  };
  const choice = chooseTeams(flags);
  const cut = choice === undefined ? [] : await teamChargebacks(lake, charged.report, choice);
  const teams = cut.map((one) => ({ team: one.team, html: `${lake.url}/${one.files.html}`, csv: `${lake.url}/${one.files.csv}`, json: `${lake.url}/${one.files.json}` }));
  if (flags.json) print(renderJson(charged.report, choice === undefined ? { files } : { files, team_files: teams }).trimEnd());
  else print(...describeChargeback(charged, [...Object.values(files), ...teams.map(({ html }) => html)]));
  return 0;
}

function chooseTeams({ team, teams }: Pick<ChargebackFlags, "team" | "teams">): TeamChoice | undefined {
  if (team !== undefined) return { team };
  return teams === true ? { all: true } : undefined;
}

export function describeChargeback({ report, written }: MonthlyChargeback, files: readonly string[]): string[] {
  const { month, gateways, total, quality, allocated, byTeam } = report;
  const lines = [
    `chargeback   ${month.name} in ${month.timezone}, ${gateways.join(", ")}, ${total.requests} requests`,
    `total        ${dollars(total)}`,
    `metered      ${dollars(total.billing.metered)}, money owed`,
    `subscription ${dollars(total.billing.subscription)}, list value: the callers' own plans pay`,
    `self-hosted  ${dollars(total.billing.self_hosted)}`,
    `unpriced     ${total.unpricedRequests} requests with tokens and no price, in no cost`,
    ...(allocated.adjustments === null ? [] : [`adjustments  ${signDollar(formatDollars(allocated.adjustments))}`]),
    `owed         ${dollars(sumOwed(allocated))}: metered, self-hosted${allocated.adjustments === null ? "" : ", adjustments"}`,
    ...byTeam.map(describeTeam),
    ...files.map((file) => `report       ${file}`),
  ];
  if (written.length === 0) lines.push("             unchanged, nothing was written");
  for (const { instance, name, records } of quality.damaged) {
    lines.push(`damaged      ${visibleText(`${instance} ${name}`)}: ${records.accepted} records before the damage count`);
  }
  for (const { instance, name, records } of quality.quarantined) {
    lines.push(`quarantined  ${visibleText(`${instance} ${name}`)}: ${records.quarantined} of ${records.read} records`);
  }
  for (const { date, instance } of quality.unbuiltDays) {
    lines.push(`not built    ${date} of ${instance}: aperture-ledger run builds it`);
  }
  if (quality.damaged.length > 0) lines.push("attention    the total lacks what could not be read of damaged exports");
  const records = countQuarantined(quality.quarantined);
  if (records > 0) lines.push(`attention    ${records} records are in quarantine and not in the total`);
  return lines;
}

function describeTeam({ key: { team, costCenter }, figures }: ChargebackReport["byTeam"][number]): string {
  const center = costCenter === null ? "" : `, cost centre ${visibleText(costCenter)}`;
  return `team         ${visibleText(team)}${center}: ${dollars(sumOwed(figures))} owed, list value ${dollars(figures.billing.subscription)}`;
}

function dollars({ requests, cost }: Charge): string {
  if (cost !== null) return signDollar(formatDollars(cost));
  return requests === 0n ? "none" : "not priced";
}
