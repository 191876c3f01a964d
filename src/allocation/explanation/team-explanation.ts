import { startOfDay } from "../../ledger/days.ts";
import { ascending } from "../../ledger/orders.ts";
import { NOBODY, UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { listPeriods, type Span } from "../settings/periods.ts";
import { type Belonging, openDirectory } from "../settings/directory.ts";
import type { Method } from "../shares/decide.ts";
import { writeCharge } from "../settings/frozen-settings.ts";
import { writtenJson } from "../settings/ordered-settings.ts";
import { unnamedRule } from "../settings/in-force.ts";
import type { TeamRow } from "./read-team.ts";
import type { AdjustmentSettings, AllocationSettings, ChargeSettings, Dated, PoolSettings, RuleSettings } from "../settings/settings.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** A team's figures for one method, rule and base. */
export interface Reason {
  method: Method;
  rule: string;
  base: string | null;
  billing: TeamRow["billing"];
  /** Units of 1e-9; null where nothing was priced. */
  cost: bigint | null;
  requests: bigint;
}

/** A caller of the team, and the member through which the caller belongs to it. */
export interface CallerReason {
  caller: string;
  via: string;
  /** Null where that was so from the beginning of the span. */
  from: Date | null;
  /** Null where that was so until the end of the span. */
  until: Date | null;
}

/** Reasons of a team's rows, largest cost first. */
export function listReasons(rows: readonly TeamRow[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const { method, rule, base, billing, cost_usd, requests } of rows) {
    const id = JSON.stringify([method, rule, base, billing]);
    const known = reasons.get(id) ?? { method, rule, base, billing, cost: null, requests: 0n };
    const cost = cost_usd === null ? known.cost : (known.cost ?? 0n) + cost_usd;
    reasons.set(id, { ...known, cost, requests: known.requests + requests });
  }
  return [...reasons.values()].sort((a, b) => Number((b.cost ?? -1n) - (a.cost ?? -1n)) || Number(b.requests - a.requests));
}

/** The member through which each caller belongs to the team, and when, where that is not the whole span. */
export function listMembers(rows: readonly TeamRow[], team: string, settings: AllocationSettings, span: Span): CallerReason[] {
  const own = rows.filter(({ method, billing, caller }) => (billing === CHARGE ? caller !== NOBODY : !method.startsWith("pool_") && method !== "adjustment"));
  const callers = [...new Set(own.map(({ caller }) => caller))].sort();
  const periods = listPeriods(settings, span).map(({ from, settings: inForce }) => ({ from, directory: openDirectory(inForce) }));
  return callers.flatMap((caller): CallerReason[] => {
    const tags = caller.startsWith("tag:") ? caller.split(",") : [];
    const found = periods.map(({ from, directory }) => ({ from, belongings: directory.teamsOf({ caller, tags }) }));
    const members = mergeEqual(found.map(({ from, belongings }) => ({ from, via: describeMember(belongings, team) })), span);
    if (members.length > 0) return members.map((member) => ({ caller, ...member }));
    const others = [...new Set(found.flatMap(({ belongings }) => belongings.map((belonging) => belonging.team)))];
    return [{ caller, via: `${others.length === 0 ? "in no team" : `in ${listSome(others)}`}; a rule decides it`, from: null, until: null }];
  });
}

/** Undefined where the caller is not a member. Callers without a team are the members of `(unallocated)`. */
function describeMember(belongings: readonly Belonging[], team: string): string | undefined {
  if (team === UNALLOCATED && belongings.length === 0) return "in no team";
  const own = belongings.find((belonging) => belonging.team === team);
  const teams = belongings.map((belonging) => belonging.team);
  return own && `${own.via}${teams.length > 1 ? `, one of the teams ${listSome(teams)}` : ""}`;
}

/** Periods in order, each until the next; equal neighbours are merged. */
function mergeEqual(times: readonly { from: number; via: string | undefined }[], span: Span): Omit<CallerReason, "caller">[] {
  const changes = times.filter(({ via }, index) => index === 0 || via !== times[index - 1]?.via);
  return changes.flatMap(({ from, via }, index) => {
    const next = changes[index + 1];
    if (via === undefined) return [];
    return [{ via, from: from === span.from.getTime() ? null : new Date(from), until: next === undefined ? null : new Date(next.from) }];
  });
}

/** A rule, pool, adjustment or charge as configured, and the days on which it is in force. */
export interface RuleVersion {
  name: string;
  kind: "rule" | "pool" | "adjustment" | "charge";
  /** First day, `YYYY-MM-DD`; undefined: no first day. */
  from: string | undefined;
  /** First day on which it is no longer in force; undefined: no end. */
  until: string | undefined;
  /** JSON in written order, without name and dates. */
  written: string;
  setting: RuleSettings | PoolSettings | AdjustmentSettings | ChargeSettings;
}

/** The rules, pools, adjustments and charges with these names that are in force during the span, ordered by name and date. */
export function describeRules(names: ReadonlySet<string>, { timezone, rules, pools, adjustments, charges = [] }: AllocationSettings, span: Span): RuleVersion[] {
  const all = [
    ...rules.map((rule, index) => toVersion("rule", { ...rule, name: rule.name ?? unnamedRule(index) })),
    ...pools.map((pool) => toVersion("pool", pool)),
    ...adjustments.map((adjustment) => toVersion("adjustment", adjustment)),
    ...charges.map((charge) => toVersion("charge", charge, writeCharge(charge))),
  ];
  const isInForce = ({ from, until }: Dated): boolean =>
    (from === undefined || startOfDay(from, timezone) < span.to) && (until === undefined || startOfDay(until, timezone) > span.from);
  return all.filter((one) => names.has(one.name) && isInForce(one)).sort((a, b) => ascending(a.name, b.name) || ascending(a.from ?? "", b.from ?? ""));
}

/** @param written the setting as it appears in JSON, where that differs */
function toVersion(kind: RuleVersion["kind"], setting: RuleVersion["setting"] & { name: string }, written: object = setting): RuleVersion {
  const { name, from, until } = setting;
  const content = Object.fromEntries(Object.entries(written).filter(([key]) => !["name", "from", "until"].includes(key)));
  return { name, kind, from, until, written: writtenJson(content), setting };
}
