import { formatDollars } from "../../ledger/money.ts";
import { LIST_VALUES } from "../../ledger/usage/usage-record.ts";
import type { ChargeType, TokenType } from "./bill.ts";
import { blockedRequests } from "./blocked-requests.ts";
import { agrees, type Cell, type Comparison, costAgrees, countsAgree } from "./compare-bill.ts";
import { splitByAgreement } from "./compare-charges.ts";
import { beyondCallersUse, isPartOfCallersUse, isWhatCallersUsed } from "./paid-by-callers.ts";
import { type DayOffset, findOffset, showOffset } from "./find-offset.ts";
import { termsEvidence } from "./compare-terms.ts";
import { explainPrice, type PriceFinding } from "./price-factor.ts";

/** In order of preference among the causes with evidence. */
export const CAUSES = [
  "other_charge", "unseen_searches", "time_zone", "subscription", "caller_key", "commitment", "terms", "blocked_requests", "ledger_gap", "unpriced_requests", "price_version", "cache_tokens", "bypassed_gateway",
  "unknown",
] as const;
type CauseName = (typeof CAUSES)[number];

export interface Cause {
  name: CauseName;
  /** The evidence in the figures, in words. */
  evidence: string;
}

export interface Explained {
  cell: Cell;
  /** Empty where bill and ledger agree; otherwise the likeliest first, and `unknown` where the difference, or a part of it, is unexplained. */
  causes: readonly Cause[];
}

/** By UTC day: what is missing in the ledger, in words. */
export type Gaps = ReadonlyMap<string, readonly string[]>;

/** Finds the likely causes of each difference. */
export function findCauses(comparison: Comparison, cells: readonly Cell[], gaps: Gaps): Explained[] {
  const differing = cells.filter((cell) => !agrees(cell));
  const offsets = new Map([...new Set(differing.map(({ provider }) => provider))].map((provider) => [provider, findOffset(comparison, provider)]));
  const models = Map.groupBy(cells, modelOf);
  const prices = new Map([...models].map(([model, own]) => [model, explainPrice(own.filter((cell) => unseenSearches(cell) === undefined))]));
  const ofTerms = termsEvidence(comparison);
  const usedByCallers = new Set(comparison.usage.flatMap(({ billing, provider, model }) => (billing === "metered" ? [] : [JSON.stringify([provider, model])])));
  return cells.map((cell) => {
    if (agrees(cell)) return { cell, causes: [] };
    const own = models.get(modelOf(cell)) ?? [];
    const tests: Record<Exclude<CauseName, "unknown">, string | undefined> = {
      other_charge: otherCharge(cell),
      time_zone: timeZone(cell, offsets.get(cell.provider)),
      unseen_searches: unseenSearches(cell),
      subscription: isWhatCallersUsed(cell, "subscription"),
      caller_key: isWhatCallersUsed(cell, "caller_key"),
      commitment: commitment(cell),
      blocked_requests: blockedRequests(cell, own),
      ledger_gap: ledgerGap(cell, gaps),
      unpriced_requests: unpricedRequests(cell),
      terms: ofTerms(cell),
      price_version: priceVersion(cell, prices.get(modelOf(cell))),
      cache_tokens: cacheTokens(cell),
      bypassed_gateway: bypassedGateway(cell, own, usedByCallers),
    };
    const causes = CAUSES.flatMap((name): Cause[] => {
      const evidence = name === "unknown" ? undefined : tests[name];
      return evidence === undefined ? [] : [{ name, evidence }];
    });
    const beside = causes.some(({ name }) => LACKS_REQUESTS.has(name)) ? undefined : searchesBeside(cell);
    const rest = (): Cause => isPartOfCallersUse(cell) ?? { name: "unknown", evidence: unexplained(cell) };
    if (beside === undefined) return { cell, causes: causes.length > 0 ? causes : [rest()] };
    return { cell, causes: causes.length > 0 ? [...causes, beside] : [beside, rest()] };
  });
}

/** Causes that mean missing requests: unseen searches then belong to those requests. */
const LACKS_REQUESTS: ReadonlySet<CauseName> = new Set<CauseName>(["time_zone", "ledger_gap", "bypassed_gateway"]);

function modelOf({ provider, scope, model }: Cell): string {
  return JSON.stringify([provider, scope, model]);
}

function otherCharge({ charges, ledger }: Cell): string | undefined {
  if (ledger.requests > 0n || charges.length === 0 || charges.some(({ type }) => type !== "other")) return undefined;
  return "the charge is for neither tokens nor searches, so no request of the ledger corresponds to it";
}

function timeZone(cell: Cell, found: DayOffset | undefined): string | undefined {
  if (found === undefined) return undefined;
  const shifted = found.cells.find((one) => one.date === cell.date && modelOf(one) === modelOf(cell));
  if (shifted !== undefined && !agrees(shifted)) return undefined;
  return `the difference disappears if the bill's days are in ${showOffset(found.offset)}`;
}

/** Only searches differ, on a day on which the ledger has none: no tokens of a request are involved. */
function unseenSearches(cell: Cell): string | undefined {
  const searches = searchesOfNobody(cell);
  return searches?.isAll === true ? `${searches.evidence}; everything else agrees` : undefined;
}

/** Searches that the ledger lacks, in addition to other differences; their causes come first. */
function searchesBeside(cell: Cell): Cause | undefined {
  const searches = searchesOfNobody(cell);
  return searches?.isAll === false ? { name: "unseen_searches", evidence: `${searches.evidence}; other figures differ too` } : undefined;
}

function searchesOfNobody({ counts, cost, charges, ledger }: Cell): { evidence: string; isAll: boolean } | undefined {
  if (ledger.counts.web_search > 0n || LIST_VALUES.some((kind) => ledger.byCallers[kind].counts.web_search > 0n)) return undefined;
  const counted = counts.find(({ type }) => type === "web_search")?.bill ?? 0n;
  const charged = charges.reduce((all, { type, bill }) => (type === "web_search" ? all + bill : all), 0n);
  if (counted === 0n && charged === 0n) return undefined;
  const isAll = counts.every(({ type, bill, ledger: own }) => type === "web_search" || bill === own) && (cost === null || within(cost.bill - charged - cost.ledger, cost.tolerance));
  const asked = [...(counted === 0n ? [] : [`counts ${String(counted)} searches`]), ...(charged === 0n ? [] : [`charges $${formatDollars(charged)} for searches`])];
  return { evidence: `the bill ${asked.join(" and ")}, and the ledger has no search on that day`, isAll };
}

/** A commitment pays for some of the usage, so that the bill charges less; the value of the usage agrees with the ledger. */
function commitment({ cost, effective }: Cell): string | undefined {
  if (cost === null || effective === null || effective <= cost.bill || !within(effective - cost.ledger, cost.tolerance)) return undefined;
  return `a commitment pays for $${formatDollars(effective - cost.bill)} of this usage, whose effective cost agrees with the ledger`;
}

function ledgerGap(cell: Cell, gaps: Gaps): string | undefined {
  const lacks = gaps.get(cell.date) ?? [];
  return lacks.length > 0 && isBilledMore(cell) ? `the ledger is incomplete on that day: ${lacks.join(", ")}` : undefined;
}

function unpricedRequests(cell: Cell): string | undefined {
  const { cost, ledger } = cell;
  if (ledger.unpriced === 0n || cost === null || costAgrees(cell) || cost.bill < cost.ledger || !countsAgree(cell)) return undefined;
  return `${String(ledger.unpriced)} of ${String(ledger.requests)} requests have no price in the ledger`;
}

function priceVersion(cell: Cell, found: PriceFinding | undefined): string | undefined {
  return found?.dates.has(cell.date) ? found.evidence : undefined;
}

const CACHE: ReadonlySet<ChargeType> = new Set<TokenType>(["cached", "cache_write_5m", "cache_write_1h"]);

function cacheTokens({ counts, charges, ledger }: Cell): string | undefined {
  if (counts.length === 0) return cacheMoney(charges);
  const differing = counts.filter((one) => one.bill !== one.ledger);
  if (differing.length === 0) return undefined;
  if (differing.every(({ type }) => CACHE.has(type))) return `only cache tokens differ (${differing.map(({ type }) => type).join(", ")}); all other counts agree`;
  if (differing.some(({ type }) => type !== "input" && !CACHE.has(type))) return undefined;
  const input = differing.find(({ type }) => type === "input");
  const difference = input === undefined ? 0n : input.bill - input.ledger;
  const cached = ledger.counts.cached;
  const all = cached + ledger.counts.cache_write_5m + ledger.counts.cache_write_1h;
  const [count] = [cached, all].filter((one) => one > 0n && (one === difference || one === -difference));
  if (count === undefined) return undefined;
  return difference > 0n ? `the bill's input includes the ledger's ${String(count)} cache tokens` : `the bill's input lacks the ${String(count)} cache tokens that the ledger counts as input`;
}

/** Evidence about cache tokens from a bill without counts. */
function cacheMoney(charges: Cell["charges"]): string | undefined {
  const { differing, agreeing } = splitByAgreement(charges);
  if (differing.length === 0 || agreeing.length === 0 || !differing.every(({ type }) => CACHE.has(type))) return undefined;
  return `only the money for cache tokens differs (${differing.map(({ type }) => type).join(", ")}); all other types agree`;
}

/** @param usedByCallers models that callers used and paid for themselves in the month. */
function bypassedGateway(cell: Cell, all: readonly Cell[], usedByCallers: ReadonlySet<string>): string | undefined {
  if (!isBilledMore(cell) || unseenSearches(cell) !== undefined || otherCharge(cell) !== undefined) return undefined;
  const { ledger, counts, provider, model } = cell;
  if (LIST_VALUES.some((kind) => ledger.byCallers[kind].requests > 0n)) return beyondCallersUse(cell);
  if (all.every((one) => one.ledger.requests === 0n) && !usedByCallers.has(JSON.stringify([provider, model]))) return `the ledger has no request to ${model} in the whole month`;
  if (ledger.requests === 0n) return `the ledger has no request to ${model} on that day`;
  const isMore = (type: TokenType): boolean => counts.some((one) => one.type === type && one.bill > one.ledger);
  return isMore("input") && isMore("output") ? "the bill has more tokens of every type than the ledger: requests that bypassed the gateway" : undefined;
}

/** No count is below the ledger's, and at least one is above. */
function isBilledMore({ counts, cost }: Cell): boolean {
  if (counts.length === 0) return cost !== null && cost.bill - cost.ledger > cost.tolerance;
  return counts.every(({ bill, ledger }) => bill >= ledger) && counts.some(({ bill, ledger }) => bill > ledger);
}

function unexplained({ counts, cost, ledger }: Cell): string {
  const nothingBilled = counts.every(({ bill }) => bill === 0n) && (cost === null || cost.bill === 0n);
  if (ledger.requests > 0n && nothingBilled) return `not explained: the ledger has ${String(ledger.requests)} requests and the bill has none`;
  if (counts.length === 0 && cost !== null) return `not explained: $${formatDollars(cost.bill - cost.ledger)}; the provider's usage report would show whether tokens differ too`;
  return "not explained";
}

function within(difference: bigint, tolerance: bigint): boolean {
  return difference <= tolerance && -difference <= tolerance;
}
