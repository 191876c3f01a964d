import { addDays, startOfDay } from "../../ledger/days.ts";
import { formatDollars, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import type { Allocated } from "./allocate.ts";
import type { Span } from "../settings/periods.ts";
import type { AllocationSettings, TrueUp } from "../settings/settings.ts";
import { NOTHING } from "./sums.ts";

/** True-ups of exactly this span: a part of a month is not trued up, since an invoice covers a whole month. */
export function trueUpsOf({ trueUps = [], timezone }: AllocationSettings, { from, to }: Span): TrueUp[] {
  const startOf = (day: string): number => startOfDay(day, timezone).getTime();
  const isOfSpan = ({ month }: TrueUp): boolean => startOf(`${month}-01`) === from.getTime() && startOf(`${addDays(`${month}-28`, 4).slice(0, 7)}-01`) === to.getTime();
  return trueUps.filter(isOfSpan).map(({ month, amounts }) => ({ month, amounts: amounts.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) }));
}

/**
 * Rows that bring the amount owed for a provider's model to its invoice, exact to the nanodollar. Each owner's part is in proportion to
 * what it owes so far, adjustments included; where nobody owes anything, to the cost of the requests, and otherwise equal.
 */
export function trueUp(allocated: readonly Allocated[], trueUps: readonly TrueUp[]): Allocated[] {
  const byModel = Map.groupBy(
    allocated.filter(({ plan }) => plan.usage.billing === "metered"),
    ({ plan }) => nameOf(plan.usage),
  );
  return trueUps.flatMap(({ month, amounts }) => amounts.flatMap((amount) => bringTo(byModel.get(nameOf(amount)) ?? [], amount.invoice, `invoice ${amount.provider}/${amount.model} ${month}`)));
}

interface Owner {
  row: Allocated;
  name: string;
  owed: Nanodollars;
  used: Nanodollars;
}

function bringTo(rows: readonly Allocated[], invoice: Nanodollars, rule: string): Allocated[] {
  const owners = listOwners(rows);
  const owed = owners.reduce((all, one) => all + one.owed, 0n);
  if (owners.length === 0 || invoice === owed) return [];
  const weigh = owners.some((one) => one.owed > 0n) ? (one: Owner) => one.owed : (one: Owner) => one.used;
  const parts = splitByLargestRemainder(invoice - owed, owners.map((one) => ({ name: one.name, weight: weigh(one) > 0n ? weigh(one) : 0n })));
  const base = `${owed > 0n ? `x${showFactor(invoice, owed)}: ` : ""}$${formatDollars(invoice)} for $${formatDollars(owed)}`;
  return owners.flatMap(({ row }, index) => {
    const cost = parts[index] ?? 0n;
    return cost === 0n ? [] : [{ plan: row.plan, team: row.team, tag: row.tag, method: "adjustment" as const, rule, base, share: 0n, sums: { ...NOTHING, cost } }];
  });
}

/** The owners with rows of one plan and tag; their names give an order that does not depend on the order of the rows. */
function listOwners(rows: readonly Allocated[]): Owner[] {
  const owners = new Map<string, Owner>();
  for (const row of rows) {
    const { plan, team, tag, method, sums } = row;
    const name = JSON.stringify([team, tag, plan.from, plan.usage.instance, plan.usage.caller, plan.usage.callerType, plan.usage.tags, Object.entries(plan.usage.dimensions).sort(byName)]);
    const known = owners.get(name);
    const cost = sums.cost ?? 0n;
    owners.set(name, {
      row: known?.row ?? row,
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
