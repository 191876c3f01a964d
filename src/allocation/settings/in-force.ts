import { startOfDay } from "../../ledger/days.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { withPseudonyms } from "./erased-logins.ts";
import type { AdjustmentSettings, AllocationSettings, Dated, Membership, PoolSettings, RuleSettings, TeamSettings } from "./settings.ts";

export interface TeamInForce extends Omit<TeamSettings, keyof Dated | "members"> {
  members: readonly string[];
}
export type RuleInForce = Omit<RuleSettings, keyof Dated | "name"> & { name: string };
export type PoolInForce = Omit<PoolSettings, keyof Dated>;
export type AdjustmentInForce = Omit<AdjustmentSettings, keyof Dated>;

/** The settings during a period without changes: plain data, independent of earlier and later periods. */
export interface SettingsInForce extends Pick<AllocationSettings, "ignoredGroups" | "several"> {
  teams: readonly TeamInForce[];
  rules: readonly RuleInForce[];
  pools: readonly PoolInForce[];
  adjustments: readonly AdjustmentInForce[];
  policy: TailnetPolicy | null;
}

/** The first moment of a day in milliseconds since 1970. */
type StartOf = (date: string) => number;

function startOfDays(timezone: string): StartOf {
  return (date) => startOfDay(date, timezone).getTime();
}

/** @param at milliseconds since 1970. */
export function settingsAt(configured: AllocationSettings, at: number): SettingsInForce {
  const settings = withPseudonyms(configured);
  const startOf = startOfDays(settings.timezone);
  const holds = ({ from, until }: Dated): boolean => (from === undefined || startOf(from) <= at) && (until === undefined || at < startOf(until));
  const before = settings.policies.filter(({ date }) => startOf(date) <= at);
  const named = settings.rules.map((rule, index) => ({ ...rule, name: rule.name ?? unnamedRule(index) }));
  return {
    ignoredGroups: settings.ignoredGroups,
    several: settings.several,
    teams: settings.teams.filter(holds).map((team) => ({ ...undated(team), members: team.members.filter((one) => holds(datesOf(one))).map(nameOf) })),
    rules: named.filter(holds).map(undated),
    pools: settings.pools.filter(holds).map(undated),
    adjustments: settings.adjustments.filter(holds).map(undated),
    policy: (before.at(-1) ?? settings.policies[0])?.policy ?? null,
  };
}

/** Instants after `from` and before `to` at which a setting begins or ends, in order. */
export function changesBetween(settings: AllocationSettings, from: number, to: number): number[] {
  const startOf = startOfDays(settings.timezone);
  const dated: Dated[] = [
    ...settings.teams.flatMap((team) => [team, ...team.members.map(datesOf)]),
    ...settings.rules,
    ...settings.pools,
    ...settings.adjustments,
    ...(settings.charges ?? []).map(({ on, ...charge }) => (on === null ? charge : { from: on })),
    ...settings.policies.map(({ date }) => ({ from: date })),
  ];
  const dates = new Set(dated.flatMap((one) => [one.from ?? [], one.until ?? []].flat()));
  return [...dates].map(startOf).filter((instant) => instant > from && instant < to).sort((a, b) => a - b);
}

/** The name of an unnamed rule: its place in the configuration. */
export function unnamedRule(index: number): string {
  return `allocation.rules[${String(index)}]`;
}

function datesOf(membership: Membership): Dated {
  return typeof membership === "string" ? {} : membership;
}

function nameOf(membership: Membership): string {
  return typeof membership === "string" ? membership : membership.member;
}

function undated<Thing extends Dated>(thing: Thing): Omit<Thing, keyof Dated> {
  const { from: _from, until: _until, ...rest } = thing;
  return rest;
}
