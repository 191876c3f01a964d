import fc from "fast-check";
import { expect, test } from "vitest";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { Figures } from "../../src/chargeback/report/usage-figures.ts";
import { RunningAgents } from "../../src/chargeback/sections/agents.ts";
import { nameTeam, nameUsage, type UsageOfDay } from "../../src/chargeback/report/name-team.ts";
import { runs } from "../property/runs.ts";

const USAGE: Omit<UsageOfDay, "day"> = {
  instance: "prod", caller: "ann@example.com", callerType: "user", tags: [], provider: "anthropic", model: "claude-opus-4-8", billing: "metered", dimensions: {},
};
const TEAM = { team: "web", costCenter: null };

function figuresOf(cost: bigint | null): Figures {
  return { requests: 10n ** 9n, cost, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };
}

const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
/** Cost by agent of each day. */
const days = fc.array(fc.dictionary(fc.constantFrom("claude-code", "codex", "cursor"), fc.option(amount), { minKeys: 1 }), { minLength: 1, maxLength: 5 });

function agentsOf(used: readonly Record<string, bigint | null>[], ...invoiced: bigint[]): Map<string | null, bigint> {
  const agents = new RunningAgents(invoiced.map((cost) => ({ usage: USAGE, ...TEAM, cost })));
  for (const [index, byAgent] of used.entries()) {
    const usage = { ...USAGE, day: `2026-10-0${String(index + 1)}` };
    const costs = Object.values(byAgent).filter((cost) => cost !== null);
    const whole = costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0n);
    const paid = { usage, payers: [{ ...TEAM, share: 10n ** 9n, figures: figuresOf(whole), adjustments: null, adjust: (cost: bigint): bigint => cost }] };
    const ofAgents = Object.entries(byAgent).map(([agent, cost]) => ({ agent, figures: figuresOf(cost) }));
    agents.add(new Map([[nameUsage(usage), paid]]), new Map([[nameUsage(usage), ofAgents]]));
  }
  return new Map((agents.finish().get(nameTeam(TEAM)) ?? []).map(({ key, figures }) => [key.agent, sumOwed(figures).cost ?? 0n]));
}

test("what an invoice changes is shared by the agents of the month, and they add up to it", () => {
  fc.assert(
    fc.property(days, fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), { maxLength: 3 }), (used, invoiced) => {
      const all = used.flatMap((byAgent) => Object.values(byAgent)).reduce<bigint>((sum, cost) => sum + (cost ?? 0n), 0n);
      const owed = [...agentsOf(used, ...invoiced).values()].reduce((sum, cost) => sum + cost, 0n);
      expect(owed).toBe(invoiced.reduce((sum, cost) => sum + cost, all));
    }),
    runs(300),
  );
});

test("in proportion to what each of them cost, on whatever day", () => {
  const used = [{ "claude-code": 300n }, { codex: 100n, cursor: null }];
  expect(agentsOf(used, 40n)).toEqual(new Map([["claude-code", 330n], ["codex", 110n], ["cursor", 0n]]));
});
