import { type MonthlyChargeback, monthlyChargeback } from "../../../jobs/monthly-chargeback.ts";
import { countQuarantined } from "../../chargeback/data-quality.ts";
import type { Charge } from "../../chargeback/figures.ts";
import { boundMonth } from "../../chargeback/month.ts";
import { renderJson } from "../../chargeback/render-json.ts";
import { visibleText } from "../../chargeback/visible-text.ts";
import type { Config } from "../../config.ts";
import { formatDollars } from "../../money.ts";
import { openLake } from "../open-ledger.ts";
import { openKeptPricing } from "../open-pricing.ts";
import { loadSettings, type SettingFlags } from "../settings.ts";
import { print } from "../terminal.ts";

export interface ChargebackFlags extends SettingFlags {
  /** `YYYY-MM` */
  month: string;
  json?: boolean;
}

/** Writes a month's report into the lake and says what is in it. Resolves to the exit code. */
export async function chargeback(flags: ChargebackFlags): Promise<number> {
  return await chargeMonth(await loadSettings(flags), flags);
}

export async function chargeMonth(config: Config, flags: Pick<ChargebackFlags, "month" | "json">): Promise<number> {
  boundMonth(flags.month, config.timezone);
  const lake = await openLake(config);
  const charged = await monthlyChargeback(lake, flags.month, config.timezone, await openKeptPricing(config, lake));
  const files = {
    html: `${lake.url}/${charged.files.html}`,
    csv: `${lake.url}/${charged.files.csv}`,
    json: `${lake.url}/${charged.files.json}`,
  };
  if (flags.json) print(renderJson(charged.report, { files }).trimEnd());
  else print(...describeChargeback(charged, Object.values(files)));
  return 0;
}

function describeChargeback({ report, written }: MonthlyChargeback, files: readonly string[]): string[] {
  const { month, gateways, total, quality } = report;
  const lines = [
    `chargeback   ${month.name} in ${month.timezone}, ${gateways.join(", ")}, ${total.requests} requests`,
    `total        ${dollars(total)}`,
    `metered      ${dollars(total.billing.metered)}, money owed`,
    `subscription ${dollars(total.billing.subscription)}, list value: the callers' own plans pay`,
    `self-hosted  ${dollars(total.billing.self_hosted)}`,
    `unpriced     ${total.unpricedRequests} requests with tokens and no price, in no cost`,
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

function dollars({ requests, cost }: Charge): string {
  if (requests === 0n) return "none";
  return cost === null ? "not priced" : `$${formatDollars(cost)}`;
}
