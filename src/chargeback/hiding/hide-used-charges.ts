import type { UsedCharge } from "../../allocation/charges/charge-use.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import { descending } from "../../ledger/orders.ts";
import type { ChargeFigures } from "../sections/charges.ts";
import { byVerdict, type SeatPerson, type SeatUse } from "../sections/seats.ts";
import { chooseFolded, NOBODY, type People } from "./choose-folded.ts";
import type { HiddenOfTeam } from "./hiding.ts";

interface Hidden {
  used: readonly UsedCharge[];
  /** By `nameTeam`. */
  teams: ReadonlyMap<string, HiddenOfTeam>;
  /** Whether the company's tables leave a person out, or would. */
  isOthers: (caller: string) => boolean;
  isPerson: (caller: string) => boolean;
  smallestGroup: number;
}

/**
 * Folds charges for few people, the shares of small teams, and people of small teams who have a seat. Leaves out how a share was calculated, since
 * that may reveal what one person used.
 */
export function hideUsedCharges(charges: readonly ChargeFigures[], hidden: Hidden): ChargeFigures[] {
  const peopleOf = new Map(hidden.used.map(({ charge: { provider, name, seats }, callers }) => {
    const people = new Set([...callers.map(({ caller }) => caller).filter(hidden.isPerson), ...(seats?.held ?? []).map(({ login }) => login)]);
    return [nameCharge({ provider, name }), people];
  }));
  const folded = chooseFolded(charges, (one): People => peopleOf.get(nameCharge(one)) ?? NOBODY, hidden.smallestGroup);
  const shown = charges.filter((one) => !folded.has(one)).map((one): ChargeFigures => ({ ...one, shares: hideShares(one.shares, hidden), seats: one.seats && hideSeats(one.seats, hidden) }));
  if (folded.size === 0) return shown;
  const all = [...folded];
  const sum = (of: "cost" | "listed" | "covered"): bigint => all.reduce((total, one) => total + one[of], 0n);
  const shares = [...Map.groupBy(all.flatMap((one) => one.shares), ({ team }) => team)].map(([team, own]) => ({ team, cost: own.reduce((total, { cost }) => total + cost, 0n), base: "" }));
  return [...shown, { name: OTHERS, provider: OTHERS, kind: "other", cost: sum("cost"), listed: sum("listed"), covered: sum("covered"), shares: hideShares(shares, hidden), seats: null }];
}

function nameCharge({ provider, name }: Pick<ChargeFigures, "provider" | "name">): string {
  return JSON.stringify([provider, name]);
}

function hideShares(shares: ChargeFigures["shares"], { teams, smallestGroup }: Hidden): ChargeFigures["shares"] {
  const ofTeams = [...teams.values()];
  const peopleOf = (team: string): People => new Set(ofTeams.filter((one) => one.team === team).flatMap(({ people }) => [...people]));
  const folded = chooseFolded(shares, ({ team }) => peopleOf(team), smallestGroup, ({ team }) => ofTeams.some((one) => one.team === team && one.isSmall));
  const shown = shares.filter((one) => !folded.has(one)).map(({ team, cost }) => ({ team, cost, base: "" }));
  return folded.size === 0 ? shown : [...shown, { team: OTHERS, cost: [...folded].reduce((sum, { cost }) => sum + cost, 0n), base: "" }];
}

function hideSeats({ price, people }: SeatUse, { isOthers, isPerson, smallestGroup }: Hidden): SeatUse {
  const folded = chooseFolded(people, ({ caller }) => (isPerson(caller) ? new Set([caller]) : NOBODY), smallestGroup, ({ caller }) => isOthers(caller));
  if (folded.size === 0) return { price, people };
  const all = [...folded];
  const sum = (of: "cost" | "listed" | "owed" | "requests"): bigint => all.reduce((total, one) => total + one[of], 0n);
  const others: SeatPerson = { caller: OTHERS, hasSeat: all.some(({ hasSeat }) => hasSeat), cost: sum("cost"), listed: sum("listed"), owed: sum("owed"), requests: sum("requests"), verdict: null };
  return { price, people: [...people.filter((one) => !folded.has(one)), others] };
}

/** In an order that does not depend on logins. */
export function orderSeats(charges: readonly ChargeFigures[]): ChargeFigures[] {
  return charges.map((one) => ({
    ...one,
    seats: one.seats && { ...one.seats, people: one.seats.people.toSorted((a, b) => byVerdict(a, b) || descending(a.listed, b.listed) || (a.caller < b.caller ? -1 : 1)) },
  }));
}
