import { type ExplainedTeam, explainTeam } from "../../allocation/explain-team.ts";
import type { Method } from "../../allocation/shares/decide.ts";
import type { Clock } from "../../ledger/clock.ts";
import { formatBillionths, formatDollars, formatDollarsOrNull, signDollar } from "../../ledger/money.ts";
import { isListValue, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";

export interface ExplainFlags extends SettingFlags {
  /** `YYYY-MM` */
  month: string;
  team: string;
  /** Number of records to list. */
  records: number;
  json?: boolean;
}

/** Explains a team's figures of a month, down to the rules and the records. */
export async function explain(flags: ExplainFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const services = { log: openLog(), progress: silentProgress, clock, signs: false } as const;
  const explained = await explainTeam(await openLedger(config, services, "cached"), flags.month, flags.team, flags.records);
  if (flags.json) printJson(describeJson(explained, flags.team));
  else print(...describeText(explained, flags.team));
  return 0;
}

/** Owed cost is everything except what callers pay for themselves, adjustments included. */
function sumUp({ rows }: ExplainedTeam): Record<"owed" | ListValueBilling | "adjustments" | "unpriced" | "requests", bigint> {
  const sum = { owed: 0n, subscription: 0n, caller_key: 0n, adjustments: 0n, unpriced: 0n, requests: 0n };
  for (const { billing, method, cost_usd, requests, unpriced_requests } of rows) {
    sum.requests += requests;
    sum.unpriced += unpriced_requests;
    if (isListValue(billing)) sum[billing] += cost_usd ?? 0n;
    else sum.owed += cost_usd ?? 0n;
    if (method === "adjustment") sum.adjustments += cost_usd ?? 0n;
  }
  return sum;
}

function describeText(explained: ExplainedTeam, name: string): string[] {
  const { month, team, reasons, rules, members, records, manifest } = explained;
  const sum = sumUp(explained);
  const about = [team?.costCenter && `cost centre ${team.costCenter}`, team?.owner && `owner ${team.owner}`].filter(Boolean);
  return [
    `explain      ${name}, ${month.name} in ${month.timezone}${about.length === 0 ? "" : `: ${about.join(", ")}`}`,
    `owed         ${showCost(sum.owed)}, of it adjustments ${showCost(sum.adjustments)}`,
    `list value   ${showCost(sum.subscription)}: the callers' own subscriptions pay`,
    ...(sum.caller_key === 0n ? [] : [`list value   ${showCost(sum.caller_key)}: the accounts of the callers' own API keys pay`]),
    `requests     ${showCount(sum.requests)}, of them ${showCount(sum.unpriced)} with tokens and no price, in no cost`,
    "",
    ...firstLines(reasons, ({ method, rule, base, billing, cost, requests }) => {
      const share = base === null ? "" : ` (${base})`;
      return `because      ${showCost(cost).padStart(18)}  ${describeMethod(method, rule)}${share}, ${billing}, ${showRequests(requests)}`;
    }),
    ...firstLines([...rules], ([rule, text]) => `rule         ${rule}: ${text}`),
    "",
    ...firstLines(members, ({ caller, via, from, until }) => `caller       ${caller}: ${via}${from === null ? "" : `, from ${from.toISOString()}`}${until === null ? "" : `, until ${until.toISOString()}`}`),
    ...(records.length === 0 ? [] : ["", "The records it pays most for:"]),
    ...records.map(({ part, cost, share, at, usage, captureId, recordId, export: from }) => {
      const whole = share === 1_000_000_000n ? "" : ` (${formatDollars(share)} of $${formatDollars(cost)})`;
      return `record       ${showCost(part).padStart(18)}  ${at.toISOString()} ${usage.caller} ${usage.model} ${captureId ?? String(recordId)} in ${from}${whole}`;
    }),
    "",
    `made from    rollups of ${String(manifest.inputs.length)} days, settings ${manifest.settings}: ${manifest.allocations.key}`,
  ];
}

function showCost(cost: bigint | null): string {
  return cost === null ? "not priced" : signDollar(formatDollars(cost));
}

const METHODS: Readonly<Record<Method, string>> = {
  member: "member of the team",
  tag_owner: "owner of the tag",
  primary: "first of the caller's teams",
  rule: "rule",
  split_even: "split evenly over the caller's teams",
  split_weights: "split by weights",
  unallocated: "nobody's",
  pool_even: "shared cost, spread evenly",
  pool_weights: "shared cost, spread by weights",
  pool_proportional: "shared cost, spread by direct cost",
  adjustment: "adjustment",
};

function describeMethod(method: Method, rule: string): string {
  return rule === "directory" ? METHODS[method] : `${METHODS[method]}: ${rule}`;
}

function showRequests(requests: bigint): string {
  return `${showCount(requests)} ${requests === 1_000_000_000n ? "request" : "requests"}`;
}

/** Without decimals where it is whole. */
function showCount(count: bigint): string {
  return formatBillionths(count);
}

function describeJson(explained: ExplainedTeam, name: string): object {
  const { month, team, rows, reasons, rules, members, records, manifest } = explained;
  const sum = sumUp(explained);
  return {
    month: month.name,
    timezone: month.timezone,
    team: name,
    cost_center: team?.costCenter ?? null,
    owner: team?.owner ?? null,
    owed_usd: formatDollars(sum.owed),
    adjustments_usd: formatDollars(sum.adjustments),
    list_value_usd: formatDollars(sum.subscription + sum.caller_key),
    caller_key_usd: formatDollars(sum.caller_key),
    requests: formatDollars(sum.requests),
    unpriced_requests: formatDollars(sum.unpriced),
    because: reasons.map(({ cost, requests, ...reason }) => ({ ...reason, cost_usd: formatDollarsOrNull(cost), requests: formatDollars(requests) })),
    rules: Object.fromEntries([...rules].map(([rule, text]): [string, unknown] => [rule, JSON.parse(text)])),
    callers: members,
    rows: rows.map(({ share, cost_usd, requests, unpriced_requests, ...row }) => ({
      ...row,
      share: formatDollars(share),
      cost_usd: formatDollarsOrNull(cost_usd),
      requests: formatDollars(requests),
      unpriced_requests: formatDollars(unpriced_requests),
    })),
    records: records.map(({ usage, at, captureId, recordId, export: from, cost, share, part }) => ({
      at,
      instance: usage.instance,
      caller: usage.caller,
      model: usage.model,
      dimensions: usage.dimensions,
      capture_id: captureId,
      record_id: recordId === null ? null : String(recordId),
      export: from,
      cost_usd: formatDollars(cost),
      share: formatDollars(share),
      part_usd: formatDollars(part),
    })),
    made_from: { days: manifest.inputs.length, settings: manifest.settings, allocations: manifest.allocations.key },
  };
}
