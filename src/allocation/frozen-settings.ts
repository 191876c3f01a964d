import { z } from "zod";
import { formatDollars, parseDollars } from "../money.ts";
import { ALLOCATION_VERSION } from "./allocation-version.ts";
import type { AllocationSettings } from "./settings.ts";

const dated = { from: z.string().optional(), until: z.string().optional() };
const weights = z.record(z.string(), z.number());
const condition = z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()]));
const texts = z.array(z.string());

const dollars = z.string().transform((text, context) => {
  const amount = parseDollars(text);
  if (amount !== undefined) return amount;
  context.addIssue({ code: "custom", message: `${text} is no amount of dollars` });
  return z.NEVER;
});

/** Settings as plain JSON: amounts are texts of dollars. */
export function freezeSettings(all: AllocationSettings): object {
  const { trueUps = [], pseudonymOf: _pseudonymOf, ...settings } = all;
  const frozen = trueUps.map(({ month, amounts }) => ({ month, amounts: amounts.map((amount) => ({ ...amount, invoice: formatDollars(amount.invoice) })) }));
  return { version: ALLOCATION_VERSION, ...settings, trueUps: frozen };
}

/** Settings as they were written down when a month was closed. */
export const frozenSettings: z.ZodType<AllocationSettings> = z.object({
  // Months that were closed before versions were written down.
  version: z.literal([1, 2]).default(1),
  timezone: z.string(),
  teams: z.array(
    z.object({
      name: z.string(),
      cost_center: z.string().optional(),
      owner: z.string().optional(),
      members: z.array(z.union([z.string(), z.object({ member: z.string(), ...dated })])),
      ...dated,
    }),
  ),
  ignoredGroups: texts,
  several: z.enum(["primary", "even", "unallocated"]),
  rules: z.array(
    z.object({
      name: z.string().optional(),
      when: condition,
      team: z.string().optional(),
      by: z.string().optional(),
      teams: z.record(z.string(), z.string()).optional(),
      primary: z.union([z.literal(true), texts]).optional(),
      split: z.union([z.literal("even"), weights]).optional(),
      unallocated: z.literal(true).optional(),
      ...dated,
    }),
  ),
  pools: z.array(
    z.object({ name: z.string(), when: condition, spread: z.union([z.enum(["even", "proportional"]), weights]), over: texts.optional(), ...dated }),
  ),
  adjustments: z.array(z.object({ name: z.string(), when: condition, percent: z.number(), ...dated })),
  policies: z.array(
    z.object({ date: z.string(), policy: z.object({ groups: z.record(z.string(), texts), tagOwners: z.record(z.string(), texts) }) }),
  ),
  trueUps: z.array(z.object({ month: z.string(), amounts: z.array(z.object({ provider: z.string(), model: z.string(), invoice: dollars })) })).optional(),
});

/** What of the settings is another, in words: `teams web, research; rules`. */
export function describeChange(before: AllocationSettings, now: AllocationSettings): string {
  const changed = [
    ...(before.timezone === now.timezone ? [] : [`time zone ${before.timezone} is ${now.timezone}`]),
    ...named("teams", before.teams, now.teams),
    ...(isSame(before.policies, now.policies) && isSame(before.ignoredGroups, now.ignoredGroups) ? [] : ["groups of the tailnet policy"]),
    ...(before.several === now.several ? [] : ["who pays for callers of several teams"]),
    ...named("rules", before.rules, now.rules),
    ...named("shared costs", before.pools, now.pools),
    ...named("adjustments", before.adjustments, now.adjustments),
    ...named("true-ups", listTrueUps(before), listTrueUps(now)),
  ];
  return changed.length === 0 ? "how this version allocates" : changed.join("; ");
}

/** By month; invoices as texts. */
function listTrueUps({ trueUps = [] }: AllocationSettings): { name: string; invoices: string[] }[] {
  return trueUps.map(({ month, amounts }) => ({ name: month, invoices: amounts.map(({ provider, model, invoice }) => `${provider}/${model} ${formatDollars(invoice)}`) }));
}

const MOST_NAMES = 3;

function named(kind: string, before: readonly { name?: string | undefined }[], now: readonly { name?: string | undefined }[]): string[] {
  if (isSame(before, now)) return [];
  const same = (list: readonly object[], one: object): boolean => list.some((other) => isSame(one, other));
  const changed = [...before.filter((one) => !same(now, one)), ...now.filter((one) => !same(before, one))];
  const names = [...new Set(changed.flatMap(({ name }) => name ?? []))].sort();
  if (names.length === 0) return [kind];
  const more = names.length > MOST_NAMES ? ` and ${String(names.length - MOST_NAMES)} more` : "";
  return [`${kind} ${names.slice(0, MOST_NAMES).join(", ")}${more}`];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
