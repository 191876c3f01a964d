import type { DuckDBConnection } from "@duckdb/node-api";
import { adjustCost } from "../src/allocation/adjustments.ts";
import type { Allocated } from "../src/allocation/allocate.ts";
import { allocateSpan } from "../src/allocation/allocate-span.ts";
import type { AllocationSettings } from "../src/allocation/settings.ts";
import { COUNTS } from "../src/allocation/sums.ts";
import { nameTeam, nameUsage, type PaidUsage, type PaidUsages, type Payer } from "../src/chargeback/insights/paid-usage.ts";
import type { Month } from "../src/chargeback/month.ts";
import { dayOf, startOfDay } from "../src/days.ts";

/**
 * Who pays for each usage of each day of a month, as the settings say it now: what its allocations are the sum of.
 * @param rollups local files of all days of the month.
 * @param days of the month, in order.
 */
export async function payByDay(duck: DuckDBConnection, rollups: readonly string[], month: Month, days: readonly string[], settings: AllocationSettings): Promise<PaidUsages> {
  const cuts = days.slice(1).map((day) => startOfDay(day, month.timezone));
  const { allocated } = await allocateSpan(duck, rollups, month, settings, cuts);
  const dayAt = new Map<number, string>();
  return new Map(
    [...Map.groupBy(allocated, ({ plan }) => plan)].map(([plan, rows]): [string, PaidUsage] => {
      const day = dayAt.get(plan.from) ?? dayOf(new Date(plan.from), month.timezone);
      dayAt.set(plan.from, day);
      const usage = { ...plan.usage, day };
      return [nameUsage(usage), { usage, payers: listPayers(rows) }];
    }),
  );
}

/** The parts that a team has of one usage, whatever their tag and reason, as one. */
function listPayers(rows: readonly Allocated[]): Payer[] {
  const payers = new Map<string, Payer>();
  for (const { plan, team, method, share, sums } of rows) {
    const costCenter = plan.costCenterOf(team);
    const name = nameTeam({ team, costCenter });
    const payer = payers.get(name) ?? { team, costCenter, share: 0n, figures: noFigures(), adjustments: null, adjust: adjusterOf(plan, team) };
    payers.set(name, payer);
    payer.share += share;
    if (method === "adjustment") {
      payer.adjustments = (payer.adjustments ?? 0n) + (sums.cost ?? 0n);
      continue;
    }
    const { figures } = payer;
    if (sums.cost !== null) figures.cost = (figures.cost ?? 0n) + sums.cost;
    figures.requests += sums.counts[REQUESTS] ?? 0n;
    figures.unpricedRequests += sums.counts[UNPRICED] ?? 0n;
    figures.tokens.input += sums.counts[INPUT] ?? 0n;
    figures.tokens.output += sums.counts[OUTPUT] ?? 0n;
    figures.tokens.cached += sums.counts[CACHED] ?? 0n;
    figures.tokens.cacheWrite += sums.counts[CACHE_WRITE] ?? 0n;
  }
  return [...payers.values()];
}

const [REQUESTS, UNPRICED, INPUT, OUTPUT, CACHED, CACHE_WRITE] = [
  COUNTS.indexOf("requests"),
  COUNTS.indexOf("unpriced_requests"),
  COUNTS.indexOf("input_tokens"),
  COUNTS.indexOf("output_tokens"),
  COUNTS.indexOf("cached_tokens"),
  COUNTS.indexOf("cache_write_tokens"),
] as const;

function adjusterOf({ adjustmentsOf }: Allocated["plan"], team: string): Payer["adjust"] {
  const adjustments = adjustmentsOf(team);
  if (adjustments.length === 0) return (cost) => cost;
  return (cost) => adjustCost(cost, adjustments).reduce((sum, change) => sum + change, cost);
}

function noFigures(): Payer["figures"] {
  return { requests: 0n, cost: null, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };
}
