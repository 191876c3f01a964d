import { addDays, startOfDay } from "../../ledger/days.ts";
import { formatDollars, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import type { Span } from "../settings/periods.ts";
import type { AllocationSettings, TrueUp } from "../settings/settings.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Method } from "./decide.ts";

/** True-ups of exactly this span: a part of a month is not trued up, since an invoice covers a whole month. */
export function trueUpsOf({ trueUps = [], timezone }: Pick<AllocationSettings, "trueUps" | "timezone">, { from, to }: Span): TrueUp[] {
  const startOf = (day: string): number => startOfDay(day, timezone).getTime();
  const isOfSpan = ({ month }: TrueUp): boolean => startOf(`${month}-01`) === from.getTime() && startOf(`${addDays(`${month}-28`, 4).slice(0, 7)}-01`) === to.getTime();
  return trueUps.filter(isOfSpan).map(({ month, amounts }) => ({ month, amounts: amounts.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) }));
}

/** What one owner has of a usage: its cost, or an adjustment of it. */
export interface OwnedCost {
  usage: UsageKey;
  /** Beginning of the period in milliseconds since 1970. */
  from: number;
  team: string;
  tag: string;
  method: Method;
  cost: Nanodollars | null;
}

/** What an invoice changes for the owner of a cost. */
export interface InvoiceChange<Owned> {
  owned: Owned;
  rule: string;
  base: string;
  cost: Nanodollars;
}

/**
 * Changes that bring the amount owed for a provider's model to its invoice, exact to the nanodollar. Each owner's part is in proportion to
 * what it owes so far, adjustments included; where nobody owes anything, to the cost of the requests, and otherwise equal.
 */
export function trueUp<Owned extends OwnedCost>(owned: readonly Owned[], trueUps: readonly TrueUp[]): InvoiceChange<Owned>[] {
  const byModel = Map.groupBy(
    owned.filter(({ usage }) => usage.billing === "metered"),
    ({ usage }) => nameOf(usage),
  );
  return trueUps.flatMap(({ month, amounts }) => amounts.flatMap((amount) => bringTo(byModel.get(nameOf(amount)) ?? [], amount.invoice, `invoice ${amount.provider}/${amount.model} ${month}`)));
}

interface Owner<Owned> {
  owned: Owned;
  name: string;
  owed: Nanodollars;
  used: Nanodollars;
}

function bringTo<Owned extends OwnedCost>(rows: readonly Owned[], invoice: Nanodollars, rule: string): InvoiceChange<Owned>[] {
  const owners = listOwners(rows);
  const owed = owners.reduce((all, one) => all + one.owed, 0n);
  if (owners.length === 0 || invoice === owed) return [];
  const weigh = owners.some((one) => one.owed > 0n) ? (one: Owner<Owned>) => one.owed : (one: Owner<Owned>) => one.used;
  const parts = splitByLargestRemainder(invoice - owed, owners.map((one) => ({ name: one.name, weight: weigh(one) > 0n ? weigh(one) : 0n })));
  const base = `${owed > 0n ? `x${showFactor(invoice, owed)}: ` : ""}$${formatDollars(invoice)} for $${formatDollars(owed)}`;
  return owners.flatMap(({ owned }, index) => {
    const cost = parts[index] ?? 0n;
    return cost === 0n ? [] : [{ owned, rule, base, cost }];
  });
}

/** The owners with costs of one usage and tag; their names give an order that does not depend on the order of the costs. */
function listOwners<Owned extends OwnedCost>(rows: readonly Owned[]): Owner<Owned>[] {
  const owners = new Map<string, Owner<Owned>>();
  for (const row of rows) {
    const { usage, from, team, tag, method } = row;
    const name = JSON.stringify([team, tag, from, usage.instance, usage.caller, usage.callerType, usage.tags, Object.entries(usage.dimensions).sort(byName)]);
    const known = owners.get(name);
    const cost = row.cost ?? 0n;
    owners.set(name, {
      owned: known?.owned ?? row,
      name,
      owed: (known?.owed ?? 0n) + cost,
      used: (known?.used ?? 0n) + (method === "adjustment" ? 0n : cost),
    });
  }
  return [...owners.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function nameOf({ provider, model }: { provider: string; model: string }): string {
  return JSON.stringify([provider, model]);
}

/** Six decimals, truncated. */
function showFactor(invoice: Nanodollars, owed: Nanodollars): string {
  const millionths = ((invoice * 1_000_000n) / owed).toString().padStart(7, "0");
  return `${millionths.slice(0, -6)}.${millionths.slice(-6)}`;
}
