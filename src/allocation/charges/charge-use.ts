import type { Nanodollars } from "../../ledger/money.ts";
import { descending } from "../../ledger/orders.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import type { ChargedUse } from "./charged-use.ts";
import type { ChargeOfMonth } from "./charges-of-month.ts";

/** What a person used. */
interface CallerUse {
  caller: string;
  /** List cost of the usage. */
  listed: Nanodollars;
  /** The amount owed for the usage, with adjustments, less the amounts that charges cover. */
  owed: Nanodollars;
  /** In billionths. */
  requests: bigint;
}

/** A charge of a month and the usage that it is for. */
export interface UsedCharge {
  charge: ChargeOfMonth;
  /** At list price. */
  listed: Nanodollars;
  /** What would be owed for that usage without the charge. */
  covered: Nanodollars;
  /** The callers with that usage, most expensive first. */
  callers: readonly CallerUse[];
  /** For seats: people without one who use the provider at the company's cost, most expensive first. */
  withoutSeat: readonly CallerUse[];
}

/** @param own usage that the charge is for @param all all usage of the month, less what charges cover */
export function sumUse(charge: ChargeOfMonth, own: readonly ChargedUse[], all: readonly ChargedUse[], covered: Nanodollars): UsedCharge {
  const callers = sumByCaller(own);
  return { charge, listed: callers.reduce((sum, { listed }) => sum + listed, 0n), covered, callers, withoutSeat: charge.kind === "seats" ? findWithoutSeat(charge, callers, all) : [] };
}

function findWithoutSeat({ provider, seats }: ChargeOfMonth, callers: readonly CallerUse[], all: readonly ChargedUse[]): CallerUse[] {
  const seated = new Set(seats === null ? callers.map(({ caller }) => caller) : seats.held.map(({ login }) => login));
  return sumByCaller(all.filter(({ usage }) => usage.provider === provider && usage.callerType === "user" && !isListValue(usage.billing) && !seated.has(usage.caller)));
}

function sumByCaller(uses: readonly ChargedUse[]): CallerUse[] {
  const sums = new Map<string, CallerUse>();
  for (const { usage: { caller }, listed, owed, requests } of uses) {
    const known = sums.get(caller);
    sums.set(caller, { caller, listed: listed + (known?.listed ?? 0n), owed: owed + (known?.owed ?? 0n), requests: requests + (known?.requests ?? 0n) });
  }
  return [...sums.values()].sort((a, b) => descending(a.listed, b.listed) || (a.caller < b.caller ? -1 : 1));
}
