import { type AllocatedFigures, groupAllocated, sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { ReportStatus } from "../../src/chargeback/report/report-status.ts";
import type { Insights } from "../../src/chargeback/report/insights.ts";
import type { ChargebackReport, ReportHead } from "../../src/chargeback/report/report.ts";
import { type AllocationLine, NO_VALUE } from "../../src/chargeback/report/summarise-allocations.ts";
import type { CostChange } from "../../src/chargeback/sections/change.ts";
import type { DayFigures } from "../../src/chargeback/sections/days.ts";
import type { TeamDetail } from "../../src/chargeback/sections/each-team/each-team.ts";
import type { SessionFigures } from "../../src/chargeback/sections/sessions.ts";
import type { Billing } from "../../src/ledger/usage/usage-record.ts";
import { type Nanodollars, splitByLargestRemainder } from "../../src/ledger/money.ts";

type Row = AllocationLine & { repo?: string | null };

/** Of an October that is known to its end. */
export const NO_HEAD: ReportHead = { company: undefined, owners: new Map(), version: "0.0.0", rate: null };

export const COMPLETE: ReportStatus = { kind: "complete", dataUntil: new Date("2026-11-01T00:00:00Z"), known: { first: 1, last: 31, of: 31 } };

/** What a report would say of its own rows, had they been used evenly by weekday: everything adds up as it does in earnest. */
export function inventInsights({ byTeam, allocated, rows }: ChargebackReport, allocations: readonly Row[]): Insights {
  const teams = Map.groupBy(allocations, ({ team, costCenter }) => JSON.stringify([team, costCenter]));
  const details = byTeam.map(({ key, figures }, place) => inventTeam(key, figures, teams.get(JSON.stringify([key.team, key.costCenter])) ?? [], place));
  const changes = details.map(({ change }) => change).filter((change) => change !== null);
  const add = (name: "price" | "volume" | "mix" | "before"): bigint => changes.reduce((sum, change) => sum + change[name], 0n);
  const gone = 41_000_000_007n;
  return {
    comparison: { basis: "months", now: { first: 1, last: 31, of: 31 }, before: { first: 1, last: 30, of: 30 } },
    change: { month: "2026-09", days: null, before: add("before") + gone, now: sumOwed(allocated).cost ?? 0n, price: add("price"), volume: add("volume") - gone, mix: add("mix") },
    drivers: [{ kind: "model", name: "claude-opus-4-8", difference: 12_345_678_901n }],
    trend: ["2026-08", "2026-09", "2026-10"].map((month, index) => ({ month, owed: (sumOwed(allocated).cost ?? 0n) - BigInt(2 - index) * 17_000_000_001n, isClosed: index < 2 })),
    teams: details,
    budgets: { company: [], others: [] },
    pools: byTeam.length < 3 ? [] : [{
      pool: "shared CI",
      cost: 90_000_000_001n,
      shares: byTeam.slice(0, -1).map(({ key }, index) => ({
        team: key.team,
        cost: splitByLargestRemainder(90_000_000_001n, byTeam.slice(0, -1).map(({ key: { team }, figures }) => ({ name: team, weight: sumOwed(figures).cost ?? 0n })))[index] ?? 0n,
        listValue: 0n,
        base: "by direct cost",
      })),
    }],
    days: inventDays(allocated),
    cacheSavings: groupAllocated(allocations.filter(({ cost, method }) => cost !== null && method !== "adjustment"), ({ provider, model, billing }) => ({ provider, model, billing })).map(({ key, figures }) => ({
      ...key, billing: key.billing as Billing, cachedTokens: figures.tokens.cached / 1_000_000_000n, saved: (figures.cost ?? 0n) * 7n / 5n,
    })),
    modelsWithoutPrice: 1,
    topSessions: inventSessions(allocations, 10),
    late: rows.length === 0 ? [] : [{ instance: "prod", name: "ts-aperture-export-1791590400.cbor.zstd", time: "2026-10-12T00:00:00.000Z", damaged: false, records: { read: 412, accepted: 412, quarantined: 0 }, dates: ["2026-10-08"] }],
    partialRequests: 17n,
  };
}

function inventTeam(key: { team: string; costCenter: string | null }, figures: AllocatedFigures, rows: readonly Row[], place: number): TeamDetail {
  const owed = sumOwed(figures).cost ?? 0n;
  const usage = rows.filter(({ method }) => method !== "adjustment");
  const people = new Set(usage.filter(({ caller }) => !caller.startsWith("tag:")).map(({ caller }) => caller)).size;
  const sessions = Number(figures.requests / 14_000_000_000n);
  const amount = (BigInt(Math.max(1, Number(owed / 100_000_000_000n))) + BigInt(place % 3) - 1n) * 100_000_000_000n + 50_000_000_000n;
  return {
    ...key, figures,
    change: inventChange(owed, place),
    drivers: [{ kind: "model", name: "claude-opus-4-8", difference: owed / 9n }, { kind: "caller", name: "ann@example.com", difference: owed / 19n }],
    averagesBefore: { perActivePerson: owed / 70n, perSession: null },
    budgets: place % 4 === 3 || amount <= 0n ? [] : [{
      name: `${key.team} monthly`, scope: `team ${key.team}`, isWholeTeam: true, period: "2026-10", amount, spent: owed, percent: Number((owed * 1000n) / amount) / 10, forecast: owed,
    }],
    byCaller: groupAllocated(rows, ({ caller }) => ({ caller, callerType: caller.startsWith("tag:") ? "tag" : "user" })),
    byTag: groupAllocated(rows, ({ tag }) => ({ tag })),
    byDimension: [{ name: "repo", rows: groupAllocated(rows, ({ repo }) => ({ value: repo ?? NO_VALUE, given: typeof repo === "string" })) }],
    byModel: groupAllocated(rows, ({ provider, model }) => ({ provider, model })),
    byAgent: groupAllocated(rows, ({ model }) => ({ agent: model.startsWith("claude") ? "claude-code" : model.endsWith("codex") ? "codex" : null })),
    activePersons: people,
    perActivePerson: people === 0 ? null : owed / BigInt(people),
    sessions,
    perSession: sessions === 0 ? null : owed / BigInt(sessions),
    topSessions: inventSessions(usage, 3),
    days: inventDays(figures),
  };
}

function inventChange(now: Nanodollars, place: number): CostChange {
  const [price, volume, mix] = [-now / 40n, now / BigInt(6 + (place % 5)) - (place % 3 === 2 ? now / 4n : 0n), now / 30n];
  return { month: "2026-09", days: null, before: now - price - volume - mix, now, price, volume, mix };
}

function inventDays({ billing, requests }: AllocatedFigures): DayFigures[] {
  const days = Array.from({ length: 31 }, (_, index) => `2026-10-${String(index + 1).padStart(2, "0")}`);
  // 1 October 2026 is a Thursday.
  const weights = days.map((name, index) => ({ name, weight: [2, 3].includes(index % 7) ? 3n : BigInt(17 + ((index * 7) % 9)) }));
  const [metered, self_hosted, subscription, counts] = [billing.metered.cost, billing.self_hosted.cost, billing.subscription.cost, requests]
    .map((amount) => splitByLargestRemainder(amount ?? 0n, weights));
  return days.map((date, index) => ({
    date,
    billing: { metered: metered?.[index] ?? 0n, self_hosted: self_hosted?.[index] ?? 0n, subscription: subscription?.[index] ?? 0n, caller_key: 0n },
    requests: counts?.[index] ?? 0n,
  }));
}

function inventSessions(rows: readonly Row[], count: number): SessionFigures[] {
  const dearest = rows.filter(({ cost, method }) => cost !== null && method !== "adjustment").toSorted((a, b) => Number((b.cost ?? 0n) - (a.cost ?? 0n)));
  return dearest.slice(0, count).map(({ caller, cost, billing, model }, index) => ({
    session: `${((index + 1) * 0x9e3779b1 >>> 0).toString(16).padStart(8, "0")}-4f1c-4a7e-b2d0-${String(Number((cost ?? 0n) % 1_000_000_000_000n)).padStart(12, "0")}`,
    instance: "prod", caller, agent: model.startsWith("claude") ? "claude-code" : null,
    from: new Date(Date.UTC(2026, 9, 3 + index * 2, 8, 12)), to: new Date(Date.UTC(2026, 9, 3 + index * 2, 11, 47)),
    requests: 96n, owed: billing === "subscription" ? 0n : (cost ?? 0n) / 9n, listValue: billing === "subscription" ? (cost ?? 0n) / 9n : 0n,
  }));
}
