import type { Nanodollars } from "../../ledger/money.ts";
import { descending } from "../../ledger/orders.ts";
import { type Billing, CHARGE, type KindOfMoney, LIST_VALUES } from "../../ledger/usage/usage-record.ts";
import { type BilledFigures, type Figures, type RequestCost, sumFigures } from "./usage-figures.ts";

/** The method of rows without usage: discounts, markups and charges. */
export const ADJUSTMENT = "adjustment";

/** A part of a usage, an adjustment of one, or a part of a charge; counts in billionths. */
export interface AllocatedPart extends Figures {
  billing: KindOfMoney;
  method: string;
}

/** Figures of allocated usage, counts in billionths; the costs are those of the usage, before adjustments. */
export interface AllocatedFigures extends BilledFigures {
  /** Discounts are negative; null where nothing is adjusted. */
  adjustments: Nanodollars | null;
  /** What providers charge for besides requests; null where there is nothing. */
  charges: Nanodollars | null;
}

export interface AllocatedRow<Key> {
  key: Key;
  figures: AllocatedFigures;
}

/** Most owed first, then rows whose owed usage has no price; then by list value, requests and name. */
export type AllocatedSummary<Key> = AllocatedRow<Key>[];

export function sumAllocated(parts: readonly AllocatedPart[]): AllocatedFigures {
  const { charging = [], adjusting = [] } = Object.groupBy(parts.filter(({ method, cost }) => method === ADJUSTMENT && cost !== null), ({ billing }) => (billing === CHARGE ? "charging" : "adjusting"));
  return { ...sumFigures(parts.flatMap(usageOf)), adjustments: sumCosts(adjusting), charges: sumCosts(charging) };
}

function usageOf({ billing, method, ...figures }: AllocatedPart): (Figures & { billing: Billing })[] {
  return method === ADJUSTMENT || billing === CHARGE ? [] : [{ billing, ...figures }];
}

function sumCosts(parts: readonly AllocatedPart[]): Nanodollars | null {
  return parts.length === 0 ? null : parts.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n);
}

/** Metered and self-hosted usage with its adjustments, and charges. The cost is null where there was such usage but none of it was priced. */
export function sumOwed({ billing: { metered, self_hosted }, adjustments, charges }: AllocatedFigures): RequestCost {
  const known = [metered.cost, self_hosted.cost, adjustments, charges].filter((cost) => cost !== null);
  const requests = metered.requests + self_hosted.requests;
  return {
    requests,
    cost: known.length === 0 && requests > 0n ? null : known.reduce((sum, cost) => sum + cost, 0n),
    unpricedRequests: metered.unpricedRequests + self_hosted.unpricedRequests,
  };
}

/** What callers paid themselves, by plans or accounts of their own. The cost is null where none of it was priced. */
export function sumListValue({ billing }: Pick<BilledFigures, "billing">): RequestCost {
  const charges = LIST_VALUES.map((kind) => billing[kind]);
  const known = charges.flatMap(({ cost }) => (cost === null ? [] : [cost]));
  return {
    requests: charges.reduce((sum, { requests }) => sum + requests, 0n),
    cost: known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0n),
    unpricedRequests: charges.reduce((sum, { unpricedRequests }) => sum + unpricedRequests, 0n),
  };
}

export function groupAllocated<Part extends AllocatedPart, Key>(
  parts: readonly Part[],
  keyOf: (part: Part) => Key,
): AllocatedSummary<Key> {
  const groups = Map.groupBy(parts, (part) => JSON.stringify(keyOf(part)));
  return [...groups]
    .flatMap(([name, [first, ...others]]) =>
      first === undefined ? [] : [{ name, key: keyOf(first), figures: sumAllocated([first, ...others]) }],
    )
    .sort((a, b) => byFigures(a.figures, b.figures) || (a.name < b.name ? -1 : 1))
    .map(({ key, figures }) => ({ key, figures }));
}

function byFigures(a: AllocatedFigures, b: AllocatedFigures): number {
  return (
    unpricedLast(sumOwed(a).cost, sumOwed(b).cost) ||
    unpricedLast(sumListValue(a).cost, sumListValue(b).cost) ||
    unpricedLast(a.requests, b.requests)
  );
}

function unpricedLast(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return descending(a, b);
}
