import { formatDollars } from "../../ledger/money.ts";
import { LIST_VALUES, type ListValueBilling } from "../../ledger/usage/usage-record.ts";
import type { TokenType } from "./bill.ts";
import { addUse, type CallersUse, type Cell } from "./compare-bill.ts";
import { foldTypes } from "./slot-usage.ts";

const WORDS: Readonly<Record<ListValueBilling, string>> = { subscription: "subscription use", caller_key: "use of the callers' own keys" };

interface Difference {
  kinds: ListValueBilling[];
  requests: bigint;
  /** The difference between bill and ledger, and the callers' own usage, in tokens of each type that the bill counts; otherwise in nanodollars. */
  figures: { more: bigint; used: bigint; tolerance: bigint }[];
}

/** The difference equals the callers' own usage: the provider billed us for usage that the ledger assigns to them. */
export function isWhatCallersUsed(cell: Cell, kind: ListValueBilling): string | undefined {
  const both = differenceOf(cell, LIST_VALUES);
  const kinds: readonly ListValueBilling[] = kind === LIST_VALUES[0] && both.kinds.length > 1 && isAllOfIt(both) ? LIST_VALUES : [kind];
  const difference = differenceOf(cell, kinds);
  if (!isAllOfIt(difference)) return undefined;
  return `the difference equals the usage of ${String(difference.requests)} requests that the ledger counts as ${showKinds(difference)}`;
}

/** The difference is at most the callers' own usage, so it may be part of it. */
export function isPartOfCallersUse(cell: Cell): { name: ListValueBilling; evidence: string } | undefined {
  const difference = differenceOf(cell, LIST_VALUES);
  const [name] = difference.kinds;
  const isPart = difference.figures.every(({ more, used, tolerance }) => more >= -tolerance && more <= used + tolerance) && difference.figures.some(({ more, tolerance }) => more > tolerance);
  if (name === undefined || !isPart) return undefined;
  return { name, evidence: `the ledger counts ${String(difference.requests)} requests of that day as ${showKinds(difference)}, at least as much as the difference: part of them may be on the bill` };
}

/** The bill's excess over the ledger including the callers' own usage; undefined without an excess. */
export function beyondCallersUse(cell: Cell): string | undefined {
  const { counts, cost } = cell;
  const { requests, figures, kinds } = differenceOf(cell, LIST_VALUES);
  if (kinds.length === 0) return undefined;
  const isBeyond = (type: TokenType): boolean => counts.some((one, index) => one.type === type && (figures[index]?.more ?? 0n) > (figures[index]?.used ?? 0n));
  const also = `even with the ${String(requests)} requests that it counts as ${showKinds({ kinds })}`;
  if (counts.length > 0) return isBeyond("input") && isBeyond("output") ? `the bill has more tokens of every type than the ledger, ${also}: requests that bypassed the gateway` : undefined;
  const [money] = figures;
  if (cost === null || money === undefined || money.more <= money.used + money.tolerance) return undefined;
  return cell.ledger.requests === 0n ? `the bill has $${formatDollars(money.more - money.used)} more than the ledger, ${also}: requests that bypassed the gateway` : undefined;
}

function differenceOf(cell: Cell, kinds: readonly ListValueBilling[]): Difference {
  const { counts, cost, ledger } = cell;
  const used = kinds.filter((kind) => ledger.byCallers[kind].requests > 0n);
  const use = used.map((kind) => ledger.byCallers[kind]).reduce<CallersUse | undefined>((all, one) => (all === undefined ? one : addUse(all, one)), undefined);
  if (use === undefined) return { kinds: [], requests: 0n, figures: [] };
  const comparable = foldTypes(use.counts, new Set(counts.map(({ type }) => type)));
  const counted = counts.map(({ type, bill, ledger: own }) => ({ more: bill - own, used: comparable[type], tolerance: 0n }));
  const money = cost === null || use.cost === 0n ? [] : [{ more: cost.bill - cost.ledger, used: use.cost, tolerance: cost.tolerance + use.requests }];
  return { kinds: used, requests: use.requests, figures: counts.length > 0 ? counted : money };
}

function isAllOfIt({ figures }: Difference): boolean {
  return figures.length > 0 && figures.every(({ more, used, tolerance }) => more - used <= tolerance && used - more <= tolerance);
}

function showKinds({ kinds }: Pick<Difference, "kinds">): string {
  return kinds.map((kind) => WORDS[kind]).join(" and ");
}
