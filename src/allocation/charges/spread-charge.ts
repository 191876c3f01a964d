import { type Nanodollars, type Share, splitByLargestRemainder } from "../../ledger/money.ts";
import { NOBODY, UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import type { CallerType } from "../../ledger/usage/usage-record.ts";
import type { TeamShare } from "../shares/decide.ts";
import { sharesOf } from "../shares/decide.ts";
import { sumWeights } from "../shares/ways.ts";
import { type ChargedUse, listPayers, type Weighing, weighing } from "./charged-use.ts";
import type { ChargeOfMonth, Seats } from "./charges-of-month.ts";

/** A part of a charge and the team that pays it. */
export interface ChargePart {
  team: string;
  costCenter: string | null;
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
  tag: string;
  /** How the part was calculated, in words. */
  base: string;
  cost: Nanodollars;
}

/** What the directory and the rules decide. */
export interface ChargedTeams {
  /** The teams of a person who has a seat and does not use it. */
  teamsOf: (login: string) => readonly TeamShare[];
  costCenterOf: (team: string) => string | null;
}

const NO_CALLER = { caller: NOBODY, callerType: "unknown", tags: [], tag: UNTAGGED } as const;

/** Splits a charge over the teams that pay for it. The parts add up to the charge exactly. */
export function spreadCharge(charge: ChargeOfMonth, uses: readonly ChargedUse[], teams: ChargedTeams): ChargePart[] {
  const { amount, seats, spread } = charge;
  const by = weighing(uses);
  if (seats !== null) return seats.held.length === 0 && seats.spare === 0n ? giveNobody(amount, "nobody has a seat") : spreadSeats(amount, seats, uses, { teams, by });
  if (typeof spread !== "string") return spreadByWeights(amount, sharesOf(spread), teams);
  if (uses.length === 0) return giveNobody(amount, "nobody used it");
  return spread === "even" ? spreadEvenly(amount, uses, by) : spreadByUse(amount, uses, by, by.describe);
}

function giveNobody(cost: Nanodollars, base: string): ChargePart[] {
  return [{ ...NO_CALLER, team: UNALLOCATED, costCenter: null, base, cost }];
}

function spreadByWeights(amount: Nanodollars, shares: readonly TeamShare[], { costCenterOf }: ChargedTeams): ChargePart[] {
  const parts = splitByLargestRemainder(amount, shares.map(({ team, weight }) => ({ name: team, weight })));
  const all = showWeight(sumWeights(shares));
  return shares.map(({ team, weight }, index) => ({ ...NO_CALLER, team, costCenter: costCenterOf(team), base: `${showWeight(weight)} of ${all}`, cost: parts[index] ?? 0n }));
}

function showWeight(weight: bigint): string {
  return String(Number(weight) / 1000);
}

function spreadByUse(amount: Nanodollars, uses: readonly ChargedUse[], by: Weighing, describe: (weight: bigint, all: bigint) => string): ChargePart[] {
  const payers = listPayers(uses, by);
  const parts = splitByLargestRemainder(amount, payers);
  const all = sumWeights(payers);
  return payers.map(({ use: { usage: { caller, callerType, tags }, team, costCenter, tag }, weight }, index) => ({ team, costCenter, caller, callerType, tags, tag, base: describe(weight, all), cost: parts[index] ?? 0n }));
}

/** Each caller has an equal part, which is split over the teams that pay for the caller's usage. */
function spreadEvenly(amount: Nanodollars, uses: readonly ChargedUse[], by: Weighing): ChargePart[] {
  const callers = [...Map.groupBy(uses, ({ usage: { caller } }) => caller)].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = splitByLargestRemainder(amount, callers.map(([name]) => ({ name, weight: 1n })));
  return callers.flatMap(([, own], index) => spreadByUse(parts[index] ?? 0n, own, by, () => `1 of ${String(callers.length)} callers`));
}

/** Each seat is paid for by the teams that pay for its holder's usage, or by the holder's team where there is no usage. Unassigned seats are unallocated. */
function spreadSeats(amount: Nanodollars, { held, spare, daysOfMonth }: Seats, uses: readonly ChargedUse[], { teams: { teamsOf, costCenterOf }, by }: { teams: ChargedTeams; by: Weighing }): ChargePart[] {
  const byCaller = Map.groupBy(uses, ({ usage: { caller } }) => caller);
  const shares: Share[] = [...held.map(({ login, days }) => ({ name: login, weight: days })), ...(spare === 0n ? [] : [{ name: NOBODY, weight: spare }])];
  const parts = splitByLargestRemainder(amount, shares);
  const ofHolders = held.flatMap(({ login, days }, index) => {
    const cost = parts[index] ?? 0n;
    const base = days === daysOfMonth ? "1 seat" : `1 seat, ${String(days)} of ${String(daysOfMonth)} days`;
    const own = byCaller.get(login);
    if (own !== undefined) return spreadByUse(cost, own, by, () => base);
    const given = teamsOf(login);
    const split = splitByLargestRemainder(cost, given.map(({ team, weight }) => ({ name: team, weight })));
    return given.map(({ team }, place): ChargePart => ({ ...NO_CALLER, caller: login, callerType: "user", team, costCenter: costCenterOf(team), base: `${base}, not used`, cost: split[place] ?? 0n }));
  });
  return spare === 0n ? ofHolders : [...ofHolders, ...giveNobody(parts.at(-1) ?? 0n, `seats that nobody has: ${showSpare(spare, daysOfMonth)}`)];
}

function showSpare(spare: bigint, daysOfMonth: bigint): string {
  return spare % daysOfMonth === 0n ? String(spare / daysOfMonth) : `${String(spare)} days`;
}
