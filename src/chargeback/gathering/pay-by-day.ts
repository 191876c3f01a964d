import { addReported, mapReported, noReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { adjustCost } from "../../allocation/shares/adjustments.ts";
import type { Allocated } from "../../allocation/shares/allocate.ts";
import { countOf } from "../../allocation/shares/sums.ts";
import type { TrueUpOfUsage } from "../sections/agents.ts";
import { nameTeam, nameUsage, type PaidUsage, type PaidUsages, type Payer } from "../usages/paid-usage.ts";
import type { AllocatedDay } from "./allocate-days.ts";

/** Who pays for each usage of a day. The payers' parts add up to the day's allocations. */
export function payOfDay({ day, allocated }: Pick<AllocatedDay, "day" | "allocated">, adjusters: Adjusters): PaidUsages {
  return new Map(
    [...Map.groupBy(allocated, ({ plan }) => plan)].map(([plan, rows]): [string, PaidUsage] => {
      const usage = { ...plan.usage, day };
      return [nameUsage(usage), { usage, payers: listPayers(rows, adjusters) }];
    }),
  );
}

/** What invoices of the month change, for each usage and the team that pays for it. */
export function listTrueUps(truedUp: readonly Allocated[]): TrueUpOfUsage[] {
  return truedUp.map(({ plan, team, sums }) => ({ usage: plan.usage, team, costCenter: plan.costCenterOf(team), cost: sums.cost ?? 0n }));
}

/** One payer for each team: its parts of a usage are added up across tags and rules. */
function listPayers(rows: readonly Allocated[], adjusters: Adjusters): Payer[] {
  const payers = new Map<string, Payer>();
  for (const { plan, team, method, share, sums } of rows) {
    const costCenter = plan.costCenterOf(team);
    const name = nameTeam({ team, costCenter });
    const payer = payers.get(name) ?? { team, costCenter, share: 0n, figures: noFigures(), adjustments: null, adjust: adjusters.of(plan, team) };
    payers.set(name, payer);
    payer.share += share;
    if (method === "adjustment") {
      payer.adjustments = (payer.adjustments ?? 0n) + (sums.cost ?? 0n);
      continue;
    }
    const { figures } = payer;
    if (sums.cost !== null) figures.cost = (figures.cost ?? 0n) + sums.cost;
    figures.requests += countOf(sums, "requests");
    figures.unpricedRequests += countOf(sums, "unpriced_requests");
    addReported(figures.tokens, mapReported((_, column) => countOf(sums, column)));
  }
  return [...payers.values()];
}

/** One function for each set of adjustments, so that comparing functions distinguishes ways to pay. */
export class Adjusters {
  readonly #known = new Map<string, Payer["adjust"]>();

  of({ adjustmentsOf }: Allocated["plan"], team: string): Payer["adjust"] {
    const adjustments = adjustmentsOf(team);
    const name = adjustments.map(({ percent }) => String(percent)).join(" ");
    const adjust = this.#known.get(name) ?? ((cost) => adjustCost(cost, adjustments).reduce((sum, change) => sum + change, cost));
    this.#known.set(name, adjust);
    return adjust;
  }
}

function noFigures(): Payer["figures"] {
  return { requests: 0n, cost: null, unpricedRequests: 0n, tokens: noReportedTokens() };
}
