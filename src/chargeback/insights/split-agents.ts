import { splitByLargestRemainder } from "../../money.ts";
import { ADJUSTMENT, type AllocatedPart, type AllocatedSummary, groupAllocated } from "../allocation-figures.ts";
import type { Figures, Tokens } from "../figures.ts";
import { nameTeam, type PaidUsages, type Payer } from "./paid-usage.ts";

/** What one agent used; the agent is null where requests did not say. */
export interface AgentUsage {
  agent: string | null;
  figures: Figures;
}

/** By name of the usage. */
export type AgentUsages = ReadonlyMap<string, readonly AgentUsage[]>;

type AgentPart = AllocatedPart & { agent: string | null };

/**
 * Splits what each team pays for a usage over the agents it was made with: cost in proportion to their cost, requests to
 * their requests, each kind of token to theirs, by largest remainder, ties by name. The agents of a team add up to it exactly.
 * @returns by `nameTeam`.
 */
export function splitOverAgents(paid: PaidUsages, agents: AgentUsages): Map<string, AllocatedSummary<{ agent: string | null }>> {
  const parts = new Map<string, Map<string, AgentPart>>();
  for (const [name, { usage, payers }] of paid) {
    const used = agents.get(name) ?? [{ agent: null, figures: NO_FIGURES }];
    for (const payer of payers) {
      const team = nameTeam(payer);
      const ofTeam = parts.get(team) ?? new Map<string, AgentPart>();
      parts.set(team, ofTeam);
      for (const part of splitPayer(payer, used)) addPart(ofTeam, { ...part, billing: usage.billing });
    }
  }
  return new Map([...parts].map(([team, ofTeam]) => [team, groupAllocated([...ofTeam.values()], ({ agent }) => ({ agent }))]));
}

const NO_FIGURES: Figures = { requests: 0n, cost: null, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };

function splitPayer({ figures, adjustments }: Payer, used: readonly AgentUsage[]): Omit<AgentPart, "billing">[] {
  const split = (amount: bigint, weightOf: (figures: Figures) => bigint): bigint[] =>
    splitByLargestRemainder(amount, used.map((one) => ({ name: one.agent ?? "", weight: weightOf(one.figures) })));
  const requests = split(figures.requests, (one) => one.requests);
  const unpriced = split(figures.unpricedRequests, (one) => one.unpricedRequests);
  const cost = figures.cost === null ? [] : split(figures.cost, costOf);
  const adjusted = adjustments === null ? [] : split(adjustments, costOf);
  const tokens = TOKENS.map((kind) => split(figures.tokens[kind], (one) => one.tokens[kind]));
  return used.flatMap(({ agent, figures: { cost: own } }, index) => {
    const [input = 0n, output = 0n, cached = 0n, cacheWrite = 0n] = tokens.map((parts) => parts[index] ?? 0n);
    const isPriced = own !== null || used.length === 1;
    const usage = {
      agent,
      method: "usage",
      requests: requests[index] ?? 0n,
      unpricedRequests: unpriced[index] ?? 0n,
      tokens: { input, output, cached, cacheWrite },
      cost: isPriced ? (cost[index] ?? null) : null,
    };
    const change = isPriced ? adjusted[index] : undefined;
    return change === undefined ? [usage] : [usage, { ...NO_FIGURES, agent, method: ADJUSTMENT, cost: change }];
  });
}

function costOf({ cost }: Figures): bigint {
  return cost ?? 0n;
}

const TOKENS = ["input", "output", "cached", "cacheWrite"] as const satisfies readonly (keyof Tokens)[];

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
  for (const kind of TOKENS) known.tokens[kind] += part.tokens[kind];
}
