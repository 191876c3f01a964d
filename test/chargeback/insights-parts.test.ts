import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { Figures } from "../../src/chargeback/report/usage-figures.ts";
import { type AgentUsage, RunningAgents } from "../../src/chargeback/sections/agents.ts";
import { type FeedingExport, findLate } from "../../src/chargeback/sections/quality/feeding-exports.ts";
import { rankSessions, type SessionPart } from "../../src/chargeback/sections/sessions.ts";
import { nameTeam, nameUsage, type PaidUsages, type UsageOfDay } from "../../src/chargeback/report/name-team.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { runs } from "../property/runs.ts";

const USAGE: UsageOfDay = {
  day: "2026-10-05", instance: "prod", caller: "ann@example.com", callerType: "user", tags: [], provider: "anthropic", model: "claude-opus-4-8", billing: "metered", dimensions: {},
};

const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
const figures = fc.record({
  requests: amount,
  cost: fc.option(amount),
  unpricedRequests: amount,
  tokens: fc.record({ input: amount, output: amount, cached: amount, cacheWrite: amount }),
});

/** One usage that one team pays for. */
function paidBy(used: Figures, adjustments: bigint | null): PaidUsages {
  return new Map([[nameUsage(USAGE), { usage: USAGE, payers: [{ team: "web", costCenter: null, share: 10n ** 9n, figures: used, adjustments, adjust: (cost) => cost }] }]]);
}

describe("the agents of a team", () => {
  test("add up to it, whatever each of them used", () => {
    fc.assert(
      fc.property(figures, fc.option(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })), fc.array(figures, { minLength: 1, maxLength: 5 }), (whole, adjustments, used) => {
        const agents = used.map((of, index): AgentUsage => ({ agent: index === 0 ? null : `agent-${String(index)}`, figures: of }));
        const isPriced = used.some(({ cost }) => cost !== null);
        const payer = { ...whole, cost: isPriced ? (whole.cost ?? 0n) : null };
        if (isPriced && used.every(({ cost }) => cost === null || cost === 0n)) payer.cost = 0n;
        const changed = isPriced && payer.cost !== 0n ? adjustments : null;
        const running = new RunningAgents([]);
        running.add(paidBy(payer, changed), new Map([[nameUsage(USAGE), agents]]));
        const rows = running.finish().get(nameTeam({ team: "web", costCenter: null }))!;
        const sum = (read: (of: (typeof rows)[number]["figures"]) => bigint | null): bigint => rows.reduce((all, row) => all + (read(row.figures) ?? 0n), 0n);
        expect(rows).toHaveLength(used.length);
        expect([sum((of) => of.requests), sum((of) => of.unpricedRequests), sum((of) => of.tokens.input), sum((of) => of.tokens.cacheWrite)]).toEqual([
          payer.requests, payer.unpricedRequests, payer.tokens.input, payer.tokens.cacheWrite,
        ]);
        expect(sum((of) => sumOwed(of).cost)).toBe((payer.cost ?? 0n) + (changed ?? 0n));
      }),
      runs(300),
    );
  });
});

describe("sessions", () => {
  const teams = ["a", "b", "c"];
  const part = fc.record({ session: fc.constantFrom("s1", "s2", "s3"), cost: amount, requests: fc.bigInt({ min: 1n, max: 9n }) });
  const shares = fc.bigInt({ min: 0n, max: 10n ** 9n }).chain((first) => fc.bigInt({ min: 0n, max: 10n ** 9n - first }).map((second) => [first, second, 10n ** 9n - first - second]));

  test("cost their teams together what they cost, and count for each team that pays a part", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 20 }), shares, async (found, weights) => {
        const payers = teams.map((team, index) => ({ team, costCenter: null, share: weights[index] ?? 0n, figures: NOTHING, adjustments: null, adjust: (cost: bigint) => cost }));
        const parts = found.toSorted((a, b) => (a.session < b.session ? -1 : 1)).map((one): SessionPart => ({ ...one, instance: "prod", usage: nameUsage(USAGE), agent: null, from: AT, to: AT }));
        const { top, byTeam } = await rankSessions(parts, new Map([[nameUsage(USAGE), { usage: USAGE, payers }]]));
        const all = found.reduce((sum, { cost }) => sum + cost, 0n);
        const distinct = new Set(found.map(({ session }) => session)).size;
        expect(top.reduce((sum, { owed }) => sum + owed, 0n)).toBe(all);
        expect([...byTeam.values()].reduce((sum, { owed }) => sum + owed, 0n)).toBe(all);
        expect([...byTeam.values()].map(({ sessions }) => sessions)).toEqual(payers.filter(({ share }) => share > 0n).map(() => distinct));
      }),
      runs(200),
    );
  });

  test("the first twenty of many, and the first ten of a team", async () => {
    const payers = [{ team: "a", costCenter: null, share: 10n ** 9n, figures: NOTHING, adjustments: null, adjust: (cost: bigint) => cost }];
    const parts = Array.from({ length: 1000 }, (_, index): SessionPart => ({ session: `s${String(index)}`, cost: BigInt((index * 7919) % 1000), requests: 1n, instance: "prod", usage: nameUsage(USAGE), agent: null, from: AT, to: AT }));
    const { top, byTeam } = await rankSessions(parts, new Map([[nameUsage(USAGE), { usage: USAGE, payers }]]));
    expect(top.map(({ owed }) => Number(owed))).toEqual(Array.from({ length: 20 }, (_, index) => 999 - index));
    expect([...byTeam.values()].map(({ sessions, top: first }) => [sessions, first])).toEqual([[1000, top.slice(0, 10)]]);
  });
});

const AT = new Date("2026-10-05T12:00:00Z");
const NOTHING: Figures = { requests: 0n, cost: null, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };

describe("late exports", () => {
  const made = (time: string, ...dates: string[]): FeedingExport => ({ instance: "prod", name: `${time}.cbor.zstd`, time, damaged: false, records: { read: 1, accepted: 1, quarantined: 0 }, dates });

  test.each<[string, FeedingExport, boolean]>([
    ["an hour after its day", made("2026-10-06T01:00:00.000Z", "2026-10-05"), false],
    ["two days after its day", made("2026-10-08T00:00:00.000Z", "2026-10-05"), false],
    ["later than that", made("2026-10-08T00:00:01.000Z", "2026-10-05"), true],
    ["later than that for one of its days", made("2026-10-08T01:00:00.000Z", "2026-10-05", "2026-10-07"), true],
    ["late for another month", made("2026-10-08T01:00:00.000Z", "2026-09-05", "2026-10-07"), false],
    ["in the next month", made("2026-11-20T00:00:00.000Z", "2026-10-31"), true],
    ["that holds nothing", made("2026-11-20T00:00:00.000Z"), false],
  ])("one made %s", (_name, one, isLate) => {
    expect(findLate([one], boundMonth("2026-10", "UTC"))).toEqual(isLate ? [one] : []);
  });
});
