import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { BILLIONTHS, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlNanodollars } from "../../ledger/sql/sql-values.ts";
import { addReported, mapReported, noReportedTokens, REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { ADJUSTMENT, type AllocatedPart, type AllocatedSummary, groupAllocated } from "../report/allocation-figures.ts";
import type { Figures } from "../report/usage-figures.ts";
import type { NumberedUsages } from "../usages/numbered-usages.ts";
import { nameTeam, nameUsage, type PaidUsages, type Payer, type UsageOfDay } from "../usages/paid-usage.ts";

/** What one agent used; null for requests that do not name their agent. */
export interface AgentUsage {
  agent: string | null;
  figures: Figures;
}

/** By name of the usage. */
type AgentUsages = ReadonlyMap<string, readonly AgentUsage[]>;

type AgentPart = AllocatedPart & { agent: string | null };

type ByAgent = Map<string, AllocatedSummary<{ agent: string | null }>>;

/** What an invoice changes for a team and one usage of the month, across days. */
export interface TrueUpOfUsage {
  usage: Omit<UsageOfDay, "day">;
  team: string;
  costCenter: string | null;
  cost: Nanodollars;
}

/**
 * Splits what each team pays for a usage over the agents that made the requests, day by day. Cost is split in proportion to the agents' cost,
 * requests and each kind of token likewise, by largest remainder with ties by name. What invoices change is split by the agents' cost in the
 * month. The agents of a team add up to the team exactly.
 */
export class RunningAgents {
  /** By agent and so on, by `nameTeam`. */
  readonly #parts = new Map<string, Map<string, AgentPart>>();
  readonly #trueUps: readonly TrueUpOfUsage[];
  /** Costs by agent of the usages that invoices change, by their name without a day. */
  readonly #costs: ReadonlyMap<string, Map<string | null, Nanodollars | null>>;

  constructor(trueUps: readonly TrueUpOfUsage[]) {
    this.#trueUps = trueUps;
    this.#costs = new Map(trueUps.map(({ usage }) => [nameOfMonth(usage), new Map()]));
  }

  add(paid: PaidUsages, agents: AgentUsages): void {
    for (const [name, { usage, payers }] of paid) {
      const used = agents.get(name) ?? [{ agent: null, figures: NO_FIGURES }];
      this.#keepCosts(usage, used);
      for (const payer of payers) {
        const ofTeam = this.#partsOf(payer);
        for (const part of splitPayer(payer, used)) addPart(ofTeam, { ...part, billing: usage.billing });
      }
    }
  }

  /** By `nameTeam`. */
  finish(): ByAgent {
    for (const trueUp of this.#trueUps) {
      const { billing } = trueUp.usage;
      const ofTeam = this.#partsOf(trueUp);
      for (const { agent, cost } of this.#splitTrueUp(trueUp)) addPart(ofTeam, { ...NO_FIGURES, agent, billing, method: ADJUSTMENT, cost });
    }
    return new Map([...this.#parts].map(([team, ofTeam]) => [team, groupAllocated([...ofTeam.values()], ({ agent }) => ({ agent }))]));
  }

  #partsOf(payer: { team: string; costCenter: string | null }): Map<string, AgentPart> {
    const team = nameTeam(payer);
    const ofTeam = this.#parts.get(team) ?? new Map<string, AgentPart>();
    this.#parts.set(team, ofTeam);
    return ofTeam;
  }

  #keepCosts(usage: UsageOfDay, used: readonly AgentUsage[]): void {
    if (this.#costs.size === 0) return;
    const costs = this.#costs.get(nameOfMonth(usage));
    if (costs === undefined) return;
    for (const { agent, figures } of used) {
      const known = costs.get(agent) ?? null;
      costs.set(agent, figures.cost === null ? known : (known ?? 0n) + figures.cost);
    }
  }

  /** Over the agents whose requests have a price; over all of them where none has. */
  #splitTrueUp({ usage, cost }: TrueUpOfUsage): { agent: string | null; cost: Nanodollars }[] {
    const all = [...(this.#costs.get(nameOfMonth(usage)) ?? [])];
    const priced = all.filter(([, own]) => own !== null);
    const over = (priced.length === 0 ? all : priced).map(([agent, own]) => ({ agent, name: agent ?? "", weight: own ?? 0n }));
    const parts = splitByLargestRemainder(cost, over);
    return over.map(({ agent }, index) => ({ agent, cost: parts[index] ?? 0n }));
  }
}

function nameOfMonth(usage: TrueUpOfUsage["usage"]): string {
  return nameUsage({ ...usage, day: "" });
}

const NO_FIGURES: Figures = { requests: 0n, cost: null, unpricedRequests: 0n, tokens: noReportedTokens() };

function splitPayer({ figures, adjustments }: Payer, used: readonly AgentUsage[]): Omit<AgentPart, "billing">[] {
  const split = (amount: bigint, weightOf: (figures: Figures) => bigint): bigint[] =>
    splitByLargestRemainder(amount, used.map((one) => ({ name: one.agent ?? "", weight: weightOf(one.figures) })));
  const requests = split(figures.requests, (one) => one.requests);
  const unpriced = split(figures.unpricedRequests, (one) => one.unpricedRequests);
  const cost = figures.cost === null ? [] : split(figures.cost, costOf);
  const adjusted = adjustments === null ? [] : split(adjustments, costOf);
  const tokens = recordOf(REPORTED_COLUMNS, ({ reportedAs }) => reportedAs, ({ reportedAs }) => split(figures.tokens[reportedAs], (one) => one.tokens[reportedAs]));
  return used.flatMap(({ agent, figures: { cost: own } }, index) => {
    const isPriced = own !== null || used.length === 1;
    const usage = {
      agent,
      method: "usage",
      requests: requests[index] ?? 0n,
      unpricedRequests: unpriced[index] ?? 0n,
      tokens: mapReported((kind) => tokens[kind][index] ?? 0n),
      cost: isPriced ? (cost[index] ?? null) : null,
    };
    const change = isPriced ? adjusted[index] : undefined;
    return change === undefined ? [usage] : [usage, { ...NO_FIGURES, agent, method: ADJUSTMENT, cost: change }];
  });
}

function costOf({ cost }: Figures): bigint {
  return cost ?? 0n;
}

function addPart(sums: Map<string, AgentPart>, part: AgentPart): void {
  const name = JSON.stringify([part.agent, part.billing, part.method]);
  const known = sums.get(name);
  if (known === undefined) {
    sums.set(name, { ...part, tokens: { ...part.tokens } });
    return;
  }
  known.requests += part.requests;
  known.unpricedRequests += part.unpricedRequests;
  if (part.cost !== null) known.cost = (known.cost ?? 0n) + part.cost;
  addReported(known.tokens, part.tokens);
}

const SUMS = ["requests", "unpriced_requests", ...REPORTED_COLUMNS.map(({ name }) => name)];

const agentRow = z.tuple([z.number(), z.string().nullable(), z.bigint().nullable(), z.bigint(), z.bigint()], z.bigint());

/** A day of a month, its usages, and the local `rollups` files that hold it. */
interface NamedDay {
  day: string;
  rollups: readonly string[];
  /** Names of its usages, by number. */
  names: ReadonlyMap<number, string>;
}

/** Reads which agents made the usages of a day. */
export async function readAgents(duck: DuckDBConnection, usages: NumberedUsages, { day, rollups, names }: NamedDay): Promise<AgentUsages> {
  if (rollups.length === 0) return new Map();
  const result = await duck.stream(`
    SELECT usage_id, agent, ${sqlNanodollars("sum(cost_usd)")}, ${SUMS.map((name) => `sum(${name})::HUGEINT`).join(", ")}
    FROM ${usages.rowsOf(rollups, "slot")} WHERE day = ${sqlText(day)} GROUP BY usage_id, agent ORDER BY usage_id, agent NULLS FIRST`);
  const agents = new Map<string, AgentUsage[]>();
  for await (const rows of result.yieldRowsJs()) {
    for (const row of rows) {
      const [id, agent, cost, requests, unpriced, ...counts] = agentRow.parse(row);
      const name = names.get(id);
      if (name === undefined) continue;
      const tokens = mapReported((_, column) => (counts[REPORTED_COLUMNS.findIndex((one) => one.name === column)] ?? 0n) * BILLIONTHS);
      const used = { agent, figures: { cost, requests: requests * BILLIONTHS, unpricedRequests: unpriced * BILLIONTHS, tokens } };
      const known = agents.get(name);
      if (known === undefined) agents.set(name, [used]);
      else known.push(used);
    }
  }
  return agents;
}
