import type { ExchangeRate } from "../../ledger/exchange-rate.ts";
import { daysWithout, type Month } from "../../ledger/months.ts";
import { UNTAGGED } from "../../ledger/names/unassigned.ts";
import { descending } from "../../ledger/orders.ts";
import type { StatusClass } from "../../ledger/usage/status-class.ts";
import type { CallerType } from "../../ledger/usage/usage-record.ts";
import type { Correction } from "../corrections/correction.ts";
import type { Hiding } from "../hiding/hiding.ts";
import type { DataQuality } from "../sections/quality/data-quality.ts";
import type { AllocatedFigures, AllocatedSummary } from "./allocation-figures.ts";
import { countTagsInFull, type TagCounting } from "./count-tags.ts";
import type { Insights } from "./insights.ts";
import type { ReportStatus } from "./report-status.ts";
import type { MonthSums, UsageRow } from "./sum-month.ts";
import type { AllocationLine, AllocationSums, DimensionKey, TeamKey } from "./summarise-allocations.ts";
import { type UnpricedRange, valueUnpriced } from "./unpriced-range.ts";
import { type BilledFigures, sumFigures } from "./usage-figures.ts";

/** One row of a summary: what its requests share, and their sums. */
interface UsageSummaryRow<Key> {
  key: Key;
  figures: BilledFigures;
}

/** Largest cost first, rows without a price last; then by requests and name. */
export type UsageSummary<Key> = UsageSummaryRow<Key>[];

/** What a report says about itself. */
export interface ReportHead {
  company: string | undefined;
  /** The person responsible for each team. */
  owners: ReadonlyMap<string, string>;
  /** Version of aperture-ledger. */
  version: string;
  /** The rate at which amounts are also shown in another currency; null: dollars only. */
  rate: ExchangeRate | null;
}

/** Who spent what in a month. Each summary and the detail rows add up to the total exactly; `byTag` only if `byTagAddsUp`. */
export interface ChargebackReport {
  month: Month;
  status: ReportStatus;
  head: ReportHead;
  /** Gateways with usage in the month, in order. */
  gateways: string[];
  total: BilledFigures;
  /** Requests. */
  statuses: Record<StatusClass, bigint>;
  /** The same usage as the total, with its adjustments; counts in billionths. */
  allocated: AllocatedFigures;
  /** Who owes what; usage without a team is always last. */
  byTeam: AllocatedSummary<TeamKey>;
  byTag: AllocatedSummary<{ tag: string }>;
  /** False where devices of several tags count in full under each of them. */
  byTagAddsUp: boolean;
  byDimension: { name: string; rows: AllocatedSummary<DimensionKey> }[];
  /** What `byTeam` is made of, in order of their key. */
  allocations: AllocationLine[];
  byCaller: UsageSummary<{ caller: string; callerType: CallerType }>;
  /** `tagSet` is the tags joined by commas. */
  byTags: UsageSummary<{ tagSet: string; tags: readonly string[] }>;
  byModel: UsageSummary<{ model: string }>;
  byProvider: UsageSummary<{ provider: string }>;
  /** In order of their key. */
  rows: UsageRow[];
  unpricedRange: UnpricedRange | null;
  quality: DataQuality;
  insights: Insights;
  /** Corrections of closed months that are booked in this one, not in its total. In order of month, cause and row. */
  corrections: readonly Correction[];
  /** What is hidden about people; absent where reports name them. */
  hiding?: Hiding;
}

/** A month's sums, and what may be missing from them. */
export interface ReportFigures {
  usage: MonthSums;
  allocations: AllocationSums;
  quality: Omit<DataQuality, "daysWithoutUsage">;
}

export function buildReport(
  month: Month,
  { usage: { rows, statuses, slots }, allocations, quality }: ReportFigures,
  { status, head, insights, corrections }: Pick<ChargebackReport, "status" | "head" | "insights" | "corrections">,
  tagCounting: TagCounting,
): ChargebackReport {
  return {
    month,
    status,
    head,
    gateways: [...new Set(rows.map(({ instance }) => instance))],
    total: sumFigures(rows),
    statuses,
    allocated: allocations.total,
    byTeam: allocations.byTeam,
    byTag: tagCounting === "even" ? allocations.byTag : countTagsInFull(rows),
    byTagAddsUp: tagCounting === "even",
    byDimension: allocations.byDimension,
    allocations: allocations.rows,
    byCaller: summariseUsage(rows, ({ caller, callerType }) => ({ caller, callerType })),
    byTags: summariseUsage(rows, ({ tags }) => ({ tagSet: tags.length === 0 ? UNTAGGED : tags.join(","), tags })),
    byModel: summariseUsage(rows, ({ model }) => ({ model })),
    byProvider: summariseUsage(rows, ({ provider }) => ({ provider })),
    rows,
    unpricedRange: valueUnpriced(rows),
    insights,
    corrections,
    quality: { ...quality, daysWithoutUsage: daysWithout(slots, month) },
  };
}

function summariseUsage<Key>(rows: readonly UsageRow[], keyOf: (row: UsageRow) => Key): UsageSummary<Key> {
  const groups = new Map<string, { key: Key; rows: UsageRow[] }>();
  for (const row of rows) {
    const key = keyOf(row);
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return [...groups]
    .map(([name, group]) => ({ name, key: group.key, figures: sumFigures(group.rows) }))
    .sort((a, b) => byCostAndRequests(a.figures, b.figures) || (a.name < b.name ? -1 : 1))
    .map(({ key, figures }) => ({ key, figures }));
}

function byCostAndRequests(a: BilledFigures, b: BilledFigures): number {
  return descending(a.cost ?? -1n, b.cost ?? -1n) || descending(a.requests, b.requests);
}
