import { startOfDay } from "../../ledger/days.ts";
import { ascending } from "../../ledger/orders.ts";
import type { AllocationSettings, ChargeSettings } from "../settings/settings.ts";

/** On how many days a person has a seat. */
export interface SeatDays {
  /** In lower case; for an erased caller, the pseudonym. */
  login: string;
  days: bigint;
}

/**
 * The people who have a seat and on how many of the days: people who are named, and members of the named groups in the policy of each day. A person
 * who is named twice has one seat. Ordered by login.
 */
export function listSeats(people: NonNullable<ChargeSettings["people"]>, days: readonly string[], { policies, timezone, pseudonymOf }: AllocationSettings): SeatDays[] {
  const entries = people.map((one) => (typeof one === "string" ? { member: one } : one));
  const held = new Map<string, bigint>();
  for (const day of days) {
    const start = startOfDay(day, timezone).getTime();
    const groups = (policies.findLast(({ date }) => startOfDay(date, timezone).getTime() <= start) ?? policies[0])?.policy.groups;
    const ofDay = entries.filter(({ from, until }: { from?: string | undefined; until?: string | undefined }) => (from === undefined || from <= day) && (until === undefined || day < until));
    const named = ofDay.flatMap(({ member }) => (member.startsWith("group:") ? (groups?.get(member) ?? []) : [member]));
    const logins = new Set(named.map((login) => login.toLowerCase()).map((login) => pseudonymOf?.(login) ?? login));
    for (const login of logins) held.set(login, (held.get(login) ?? 0n) + 1n);
  }
  return [...held].map(([login, count]) => ({ login, days: count })).sort((a, b) => ascending(a.login, b.login));
}
