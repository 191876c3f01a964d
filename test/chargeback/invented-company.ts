import { BILLIONTHS } from "../../src/ledger/money.ts";
import { UNALLOCATED } from "../../src/ledger/names/unassigned.ts";
import { groupAllocated } from "../../src/chargeback/report/allocation-figures.ts";
import type { Correction } from "../../src/chargeback/corrections/correction.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import type { AllocationLine } from "../../src/chargeback/report/summarise-allocations.ts";
import type { UsageRow } from "../../src/chargeback/report/sum-month.ts";
import { inventInsights } from "./invented-insights.ts";
import { allocateRow, inventReport, inventRow } from "./invented-report.ts";

export interface Company {
  people: number;
  teams: readonly { team: string; costCenter: string | null }[];
  /** Makes of every month's figures others. */
  seed?: number;
}

const MODELS = [
  { provider: "anthropic", model: "claude-opus-4-6", price: 25n, billing: "metered" },
  { provider: "anthropic", model: "claude-sonnet-4-6", price: 9n, billing: "metered" },
  { provider: "anthropic", model: "claude-haiku-4-5", price: 2n, billing: "metered" },
  { provider: "openai", model: "gpt-5.2", price: 8n, billing: "metered" },
  { provider: "openai", model: "gpt-5.2-codex", price: 6n, billing: "subscription" },
  { provider: "vertex", model: "gemini-3-pro", price: 7n, billing: "metered" },
  { provider: "vllm", model: "qwen3-coder-480b", price: 1n, billing: "self_hosted" },
] as const;
const FIRST = ["maya", "tomas", "ines", "jonas", "aisha", "piotr", "lena", "ravi", "sofia", "marek", "chen", "noor", "elif", "hugo", "tessa", "bram"];
const LAST = ["okafor", "keller", "silva", "lindqvist", "rahman", "nowak", "vandijk", "mehta", "rossi", "wei", "haddad", "kaya"];
const REPOSITORIES = ["acme/payments", "acme/web", "acme/infra", "acme/mobile", "acme/search"];

/** A month of people and devices in teams, with budgets, pools, sessions and corrections of the month before; the same for the same company. */
export function inventCompany({ people, teams, seed = 7 }: Company): ChargebackReport {
  const next = inventNumbers(seed);
  const rows: UsageRow[] = [];
  const allocations: (AllocationLine & { repo: string | null })[] = [];
  for (let person = 0; person < people; person++) {
    const caller = nameOf(person);
    const device = person % 12 === 11;
    const payer = person % 40 === 39 ? { team: UNALLOCATED, costCenter: null } : (teams[(person * 7) % teams.length] ?? { team: UNALLOCATED, costCenter: null });
    for (const [index, { provider, model, price, billing }] of MODELS.entries()) {
      if ((person + index * 3) % 4 === 0 || (device && billing === "subscription")) continue;
      const requests = BigInt(5 + (next() % 120));
      const input = requests * BigInt(3000 + (next() % 9000));
      const row = inventRow({
        caller: device ? `tag:ci,tag:${payer.team === UNALLOCATED ? "lab" : payer.team}` : caller,
        callerType: device ? "tag" : "user",
        tags: device ? ["tag:ci"] : [],
        provider, model, billing, requests,
        tokens: { input, output: input / 14n, cached: input * 3n, cacheWrite: input / 9n },
        // 1 nanodollar of a price of 1 is a dollar for a billion tokens.
        cost: index === 6 && person % 3 === 0 ? null : input * price * 640n + BigInt(next() % 1_000_000),
        unpricedRequests: index === 6 && person % 3 === 0 ? requests : 0n,
      });
      rows.push(row);
      allocations.push({ ...allocateRow(row, { ...payer, method: "member", rule: payer.team }), repo: device ? (REPOSITORIES[person % 5] ?? null) : null });
    }
  }
  const paying = allocations.filter(({ billing, cost, provider }) => billing === "metered" && provider === "anthropic" && cost !== null);
  const discounts = groupAllocated(paying, ({ team, costCenter }) => ({ team, costCenter })).map(({ key, figures }) => ({
    ...allocateRow(inventRow({ caller: nameOf(0), requests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n }, cost: -(figures.cost ?? 0n) / 20n })),
    ...key, method: "adjustment", rule: "committed use", repo: null,
  }));
  const all = [...allocations, ...discounts];
  const report = inventReport(rows, {}, {
    rows: all,
    dimensions: [{ name: "repo", parts: all.map((part) => ({ ...part, value: part.repo })) }],
  });
  return {
    ...report,
    quality: { ...report.quality, daysWithoutUsage: [] },
    insights: inventInsights(report, all),
    corrections: teams.slice(0, 3).flatMap(({ team, costCenter }, index) => inventCorrections(team, costCenter, BigInt(index + 1))),
  };
}

function nameOf(person: number): string {
  const [first, last] = [FIRST[person % FIRST.length] ?? "", LAST[Math.floor(person / FIRST.length) % LAST.length] ?? ""];
  const round = Math.floor(person / (FIRST.length * LAST.length));
  return `${first}.${last}${round === 0 ? "" : String(round)}@acme.example`;
}

function inventCorrections(team: string, costCenter: string | null, nth: bigint): Correction[] {
  const row = {
    corrects: "2026-09", team, costCenter, caller: nameOf(Number(nth)), callerType: "user", tag: "(untagged)", dimensions: {}, instance: "prod",
    provider: "anthropic", model: "claude-sonnet-4-6", billing: "metered", method: "member", rule: team,
  } as const;
  const late = 1_234_567_890n * nth;
  return [
    { ...row, cause: "late_export", reason: "ts-aperture-export-1790812800.cbor.zstd came on 3 October", was: 40_000_000_000n * nth, is: 40_000_000_000n * nth + late, difference: late, requests: 7n * BILLIONTHS },
    { ...row, cause: "price_version", reason: "claude-sonnet-4-6 has another price from 20 September on", was: 40_000_000_000n * nth + late, is: 40_000_000_000n * nth, difference: -late, requests: 0n },
    { ...row, model: "claude-opus-4-6", cause: "late_export", reason: "ts-aperture-export-1790816400.cbor.zstd came on 4 October", was: null, is: 3_210_000_001n * nth, difference: 3_210_000_001n * nth, requests: 9n * BILLIONTHS },
  ];
}

/** Whole numbers that look like chance and are the same every time. */
function inventNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >>> 8;
  };
}
