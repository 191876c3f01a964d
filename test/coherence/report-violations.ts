import { query } from "../query.ts";
import { differ, type LakeFiles, nanodollars } from "./lake-files.ts";

interface Charge {
  requests: number;
  cost_usd: string | null;
}

interface ReportDocument {
  month: string;
  from: string;
  to: string;
  total: Charge & { billing: Record<string, Charge> };
  by_caller: Charge[];
  by_model: Charge[];
  rows: Charge[];
  corrections_owed_usd: string;
  corrections: { difference_usd: string }[];
}

const BILLINGS = ["metered", "subscription", "self_hosted"];

/** Reports add up in themselves; those that were written after everything they tell of are what the tables say, and so is their FOCUS export. */
export async function reportViolations(lake: LakeFiles): Promise<string[]> {
  const found: string[] = [];
  const sources = ["_ledger/days/", "_ledger/allocations/", "_ledger/corrections/", "_ledger/closes/", "_ledger/true-ups/"].flatMap((prefix) => lake.below(prefix));
  const newest = sources.map((key) => lake.changedAt(key)).reduce((one, other) => (one > other ? one : other), 0n);
  for (const key of lake.below("reports/", "/chargeback.json").filter((one) => /^reports\/[^/]+\/chargeback\.json$/.test(one))) {
    const report = lake.json(key) as ReportDocument;
    for (const name of ["by_caller", "by_model", "rows"] as const) found.push(...differ(`${key} ${name}`, sumOf(report[name]), sumOf([report.total])));
    found.push(...differ(`${key} billing`, sumOf(Object.values(report.total.billing)), sumOf([report.total])));
    if (lake.changedAt(key) > newest) found.push(...(await againstTables(lake, key, report)));
  }
  return found;
}

function sumOf(charges: readonly Charge[]): string[] {
  return [charges.reduce((sum, { requests }) => sum + BigInt(requests), 0n), charges.reduce((sum, { cost_usd }) => sum + nanodollars(cost_usd), 0n)].map(String);
}

async function againstTables(lake: LakeFiles, key: string, { month, from, to, total, corrections_owed_usd }: ReportDocument): Promise<string[]> {
  const table = (prefix: string): string => `read_parquet('${lake.path(prefix)}', hive_partitioning = false, union_by_name = true)`;
  const allocations = `allocations/month=${month}/part-0.parquet`;
  // Late exports change the usage of a closed month; what it was closed with is in its allocations.
  const isClosed = lake.documents<{ month: string }>("_ledger/closes/").some(([, close]) => close.month === month);
  const counted = isClosed
    ? `sum(requests)::BIGINT::VARCHAR AS requests, coalesce(sum(cost_usd) FILTER (method <> 'adjustment'), 0)::DECIMAL(38,9)::VARCHAR AS cost FROM ${table(allocations)}`
    : `count(*)::VARCHAR AS requests, coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR AS cost FROM ${table("usage/*/*.parquet")} WHERE ts >= '${from}'::TIMESTAMPTZ AND ts < '${to}'::TIMESTAMPTZ`;
  const used = await query(`SELECT billing, ${counted} GROUP BY ALL`);
  const found = BILLINGS.flatMap((billing) => {
    const own = used.find((row) => row["billing"] === billing);
    const said = total.billing[billing];
    return [
      ...differ(`${key} requests of ${billing}`, String(said?.requests ?? 0), own?.["requests"] ?? "0"),
      ...differ(`${key} cost of ${billing}`, String(nanodollars(said?.cost_usd)), String(nanodollars(own?.["cost"] as string | undefined))),
    ];
  });
  const focus = `reports/${month}/focus.parquet`;
  if (!lake.has(focus) || !lake.has(allocations) || lake.changedAt(focus) < lake.changedAt(allocations)) return found;
  const [billed] = await query(`SELECT coalesce(sum(BilledCost), 0)::DECIMAL(38,9)::VARCHAR AS cost FROM ${table(focus)}`);
  const [owed] = await query(`SELECT coalesce(sum(cost_usd) FILTER (billing <> 'subscription'), 0)::DECIMAL(38,9)::VARCHAR AS cost FROM ${table(allocations)}`);
  const expected = nanodollars(owed?.["cost"] as string) + nanodollars(corrections_owed_usd);
  return [...found, ...differ(`${focus} billed cost`, String(nanodollars(billed?.["cost"] as string)), String(expected))];
}
