import { type Correction, CORRECTION_CAUSES } from "../../src/chargeback/corrections/correction.ts";
import type { TagCounting } from "../../src/chargeback/report/count-tags.ts";
import { NO_INSIGHTS } from "../../src/chargeback/report/insights.ts";
import { buildReport, type ChargebackReport } from "../../src/chargeback/report/report.ts";
import type { UsageRow } from "../../src/chargeback/report/sum-month.ts";
import { type AllocationLine, type DimensionParts, summariseAllocations } from "../../src/chargeback/report/summarise-allocations.ts";
import type { ReadingNotes } from "../../src/chargeback/sections/quality/reading-notes.ts";
import { BILLIONTHS, splitByLargestRemainder } from "../../src/ledger/money.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { UNALLOCATED, UNTAGGED } from "../../src/ledger/names/unassigned.ts";
import { COMPLETE, NO_HEAD, inventInsights } from "./invented-insights.ts";

/** Logins that attack spreadsheets, pages, lines and readers of files. */
export const HOSTILE_NAMES = [
  "<script>document.title='owned';alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</title><svg/onload=alert(1)>",
  '=HYPERLINK("http://x.example","y")',
  "+1+1",
  "-2+3",
  "@SUM(1+1)",
  "\t=1+1",
  "\r=1+1",
  "\n=1+1",
  "＝1+1",
  "a\nb,\"c\"",
  "lone\rreturn",
  "user\0nul",
  "escape\u001B[31mred",
  "turned\u202Earound",
  "&lt;b&gt; 'quoted'",
  "x".repeat(1000),
  "日本語-🦊@example.com",
];

export function inventRow(row: Partial<UsageRow> = {}): UsageRow {
  return {
    instance: "prod",
    caller: "alice@example.com",
    callerType: "user",
    tags: [],
    provider: "anthropic",
    model: "claude-sonnet-4-6",
    billing: "metered",
    requests: 1n,
    tokens: { input: 100n, output: 10n, cached: 0n, cacheWrite: 0n },
    cost: 450_000n,
    unpricedRequests: 0n,
    ...row,
  };
}

export interface InventedAllocations {
  /** By default everything is unallocated, tags joined. */
  rows?: readonly AllocationLine[];
  dimensions?: readonly DimensionParts[];
  tags?: TagCounting;
}

/** Where nothing was found in records that is to be told. */
export const NO_NOTES: ReadingNotes = { quarantine: { records: 0, cost_usd: "0.000000000", callers: 0, more_callers: false }, altered: [], unknown_counts: [], unknown_keys: [] };

export function inventReport(
  rows: readonly UsageRow[],
  quality: Partial<ChargebackReport["quality"]> = {},
  { rows: allocations = rows.map((row) => allocateRow(row)), dimensions = [], tags = "even" }: InventedAllocations = {},
): ChargebackReport {
  const requests = rows.reduce((sum, row) => sum + row.requests, 0n);
  const usage = { rows: [...rows], statuses: { ok: requests, rejected: 0n, denied: 0n, error: 0n }, slots: [new Date("2026-10-05T12:00:00Z")] };
  const known = { damaged: [], quarantined: [], unbuiltDays: [], identifiersUsedAgain: 0, assumed: { requests: 0, cost: 0n }, notes: NO_NOTES, ...quality };
  return buildReport(boundMonth("2026-10", "UTC"), { usage, allocations: summariseAllocations([...allocations], dimensions), quality: known }, { status: COMPLETE, head: NO_HEAD, insights: NO_INSIGHTS, corrections: [] }, tags);
}

/** The usage as one row of the allocations. */
export function allocateRow(row: UsageRow, change: Partial<AllocationLine> = {}): AllocationLine {
  const { caller, provider, model, billing, requests, unpricedRequests, tokens, cost } = row;
  return {
    team: UNALLOCATED,
    costCenter: null,
    tag: row.tags.length === 0 ? UNTAGGED : row.tags.join(","),
    method: "unallocated",
    rule: "",
    caller,
    provider,
    model,
    billing,
    cost,
    requests: requests * BILLIONTHS,
    unpricedRequests: unpricedRequests * BILLIONTHS,
    tokens: {
      input: tokens.input * BILLIONTHS,
      output: tokens.output * BILLIONTHS,
      cached: tokens.cached * BILLIONTHS,
      cacheWrite: tokens.cacheWrite * BILLIONTHS,
    },
    ...change,
  };
}

/**
 * Every hostile name as caller, tag, model, team, cost centre, dimension and value, in all kinds of billing, among rows that
 * nothing was priced of, with requests in three parts, discounts and markups.
 */
export function inventHostileReport(names: readonly string[] = HOSTILE_NAMES): ChargebackReport {
  const rows = names.flatMap((name, index) => [
    inventRow({ caller: name, cost: 1_234_567_890n + 3_333_333n * BigInt(index) }),
    inventRow({ caller: name, tags: [name], callerType: "tag", billing: "subscription", cost: 4_999_999n * BigInt(index + 1) }),
    inventRow({ model: name, provider: name, billing: "self_hosted", cost: null, unpricedRequests: 1n }),
  ]);
  const allocations = rows.flatMap((row, index) => splitInThree(row, names[index % names.length] ?? ""));
  const dimensions = [...names.slice(0, 2), "x".repeat(1000)].map((name, nth) => ({
    name,
    parts: allocations.map((part, index) => ({ ...part, value: index % 3 === nth ? null : part.tag })),
  }));
  const quality = {
    damaged: [{ instance: "prod", name: "<b>cut</b>.cbor.zstd", time: "2026-10-05T12:00:00.000Z", damaged: true, records: { read: 3, accepted: 3, quarantined: 0 }, dates: [] }],
    quarantined: [{ instance: "prod", name: "odd.cbor.zstd", time: "2026-10-05T12:00:00.000Z", damaged: false, records: { read: 9, accepted: 4, quarantined: 5 }, dates: [] }],
  };
  const report = inventReport(rows, quality, { rows: allocations, dimensions });
  const repos = allocations.map((row) => ({ ...row, repo: row.tag }));
  return { ...report, insights: inventInsights(report, repos), corrections: names.map(inventHostileCorrection) };
}

function inventHostileCorrection(name: string, index: number): Correction {
  const difference = 1_111_111_111n * BigInt(index) - 7_000_000_000n;
  return {
    corrects: "2026-09", cause: CORRECTION_CAUSES[index % 3] ?? "late_export", reason: name, team: name, costCenter: index % 2 === 0 ? name : null, caller: name,
    callerType: "user", tag: name, dimensions: { [name]: name }, instance: "prod", provider: name, model: name, billing: index % 5 === 0 ? "subscription" : "metered",
    method: "member", rule: name, was: null, is: difference, difference, requests: BILLIONTHS,
  };
}

/** Two teams and nobody, and what adjusts it. */
function splitInThree(row: UsageRow, name: string): AllocationLine[] {
  const whole = allocateRow(row);
  const split = (amount: bigint): bigint[] => splitByLargestRemainder(amount, ["a", "b", "c"].map((share) => ({ name: share, weight: 1n })));
  const [cost, requests, unpriced] = [split(row.cost ?? 0n), split(whole.requests), split(whole.unpricedRequests)];
  const [input, output] = [split(whole.tokens.input), split(whole.tokens.output)];
  const parts = ["payments", name, UNALLOCATED].map((team, index) => ({
    ...whole,
    team,
    tag: name,
    costCenter: team === name ? name : null,
    cost: row.cost === null ? null : (cost[index] ?? 0n),
    requests: requests[index] ?? 0n,
    unpricedRequests: unpriced[index] ?? 0n,
    tokens: { input: input[index] ?? 0n, output: output[index] ?? 0n, cached: 0n, cacheWrite: 0n },
  }));
  if (row.billing !== "metered") return parts;
  const nothing = { requests: 0n, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };
  const adjust = (team: string, change: bigint): AllocationLine => ({ ...whole, ...nothing, team, tag: name, method: "adjustment", cost: change });
  return [...parts, adjust("payments", -33_333_333n), adjust(UNALLOCATED, 7_777_777n)];
}
