import canonicalize from "canonicalize";
import { z } from "zod";
import { CHARGE_KINDS } from "../../ledger/charge-kinds.ts";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { ALLOCATION_VERSION } from "../shares/allocation-version.ts";
import { keepMaps, keptMap } from "../../ledger/names/written-map.ts";
import { orderPolicy, orderRule, withoutMaps } from "./ordered-settings.ts";
import type { AllocationSettings, ChargeSettings } from "./settings.ts";

const dated = { from: z.string().optional(), until: z.string().optional() };
const texts = z.array(z.string());
// Closes of earlier versions have objects here.
const weights = keptMap(z.number());
const condition = keptMap<string | string[] | null>(z.union([z.string(), texts, z.null()]));
const lists = keptMap(texts);

/** Settings as plain JSON: amounts are texts of dollars, and maps are lists of pairs, since their order may decide who pays. */
export function freezeSettings(all: AllocationSettings): object {
  const { trueUps = [], charges = [], pseudonymOf: _pseudonymOf, ...settings } = all;
  const frozen = trueUps.map(({ month, amounts, charges: invoiced = [] }) => ({ month, amounts: amounts.map(freezeInvoice), ...(invoiced.length === 0 ? {} : { charges: invoiced.map((one) => keepMaps(freezeInvoice(one))) }) }));
  return { version: ALLOCATION_VERSION, ...keepMaps(settings), ...(charges.length === 0 ? {} : { charges: charges.map((charge) => keepMaps(writeCharge(charge))) }), trueUps: frozen };
}

function freezeInvoice<Invoiced extends { invoice: Nanodollars }>(one: Invoiced): Omit<Invoiced, "invoice"> & { invoice: string } {
  return { ...one, invoice: formatDollars(one.invoice) };
}

/** A charge whose amounts are text. */
export function writeCharge({ price, quantity, covers, ...charge }: Omit<ChargeSettings, "name">): object {
  return { ...charge, price: formatDollars(price), quantity: quantity === null ? null : String(quantity), covers: typeof covers === "bigint" ? formatDollars(covers) : covers };
}

const frozenCharge = z.object({
  name: z.string(),
  kind: z.enum(CHARGE_KINDS),
  provider: z.string(),
  price: billionths,
  quantity: z.string().regex(/^\d+$/).transform(BigInt).nullable(),
  people: z.array(z.union([z.string(), z.object({ member: z.string(), ...dated })])).nullable(),
  on: z.string().nullable(),
  when: condition,
  covers: z.union([z.enum(["all", "none", "amount"]), billionths]),
  spread: z.union([z.enum(["even", "proportional"]), weights]),
  ...dated,
});

/** Settings as the close of a month recorded them. */
export const frozenSettings: z.ZodType<AllocationSettings> = z.object({
  // Closes of versions that did not record this.
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
      teams: keptMap(z.string()).optional(),
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
    z.object({ date: z.string(), policy: z.object({ groups: lists, tagOwners: lists }) }),
  ),
  charges: z.array(frozenCharge).optional(),
  trueUps: z
    .array(
      z.object({
        month: z.string(),
        amounts: z.array(z.object({ provider: z.string(), model: z.string(), invoice: billionths })),
        charges: z.array(z.object({ provider: z.string(), name: z.string(), invoice: billionths, when: condition })).optional(),
      }),
    )
    .optional(),
});

/** The differences between two settings, in words: `teams web, research; rules`. */
export function describeChange(before: AllocationSettings, now: AllocationSettings): string {
  const changed = [
    ...(before.timezone === now.timezone ? [] : [`time zone ${before.timezone} is ${now.timezone}`]),
    ...named("teams", before.teams, now.teams),
    ...(isSame(listPolicies(before), listPolicies(now)) && isSame(before.ignoredGroups, now.ignoredGroups) ? [] : ["groups of the tailnet policy"]),
    ...(before.several === now.several ? [] : ["who pays for callers of several teams"]),
    ...named("rules", before.rules, now.rules, orderRule),
    ...named("shared costs", before.pools, now.pools),
    ...named("adjustments", before.adjustments, now.adjustments),
    ...describeChargeChange(before, now),
    ...named("true-ups", listTrueUps(before), listTrueUps(now)),
  ];
  return changed.length === 0 ? "how this version allocates" : changed.join("; ");
}

/** The differences between charges alone; empty where they are the same. */
export function describeChargeChange(before: Pick<AllocationSettings, "charges">, now: Pick<AllocationSettings, "charges">): string[] {
  return named("charges", listCharges(before), listCharges(now));
}

function listCharges({ charges = [] }: Pick<AllocationSettings, "charges">): { name: string; charge: object }[] {
  return charges.map((charge) => ({ name: charge.name, charge: writeCharge(charge) }));
}

/** True-ups by month; invoices as texts. */
function listTrueUps({ trueUps = [] }: AllocationSettings): { name: string; invoices: string[] }[] {
  return trueUps.map(({ month, amounts, charges = [] }) => ({
    name: month,
    invoices: [...amounts.map(({ provider, model, invoice }) => `${provider}/${model} ${formatDollars(invoice)}`), ...charges.map(({ provider, name, invoice }) => `${provider}/${name} ${formatDollars(invoice)}`)],
  }));
}

function listPolicies({ policies }: AllocationSettings): object[] {
  return policies.map(({ date, policy }) => ({ date, policy: orderPolicy(policy) }));
}

const MOST_NAMES = 3;

type Named = { name?: string | undefined };

/** @param inOrder the part whose order matters. */
function named<One extends Named>(kind: string, before: readonly One[], now: readonly One[], inOrder: (one: One) => object = (one) => one): string[] {
  if (isSame(before.map(inOrder), now.map(inOrder))) return [];
  const same = (list: readonly One[], one: One): boolean => list.some((other) => isSame(inOrder(one), inOrder(other)));
  const changed = [...before.filter((one) => !same(now, one)), ...now.filter((one) => !same(before, one))];
  const names = [...new Set(changed.flatMap(({ name }) => name ?? []))].sort();
  if (names.length === 0) return [kind];
  const more = names.length > MOST_NAMES ? ` and ${String(names.length - MOST_NAMES)} more` : "";
  return [`${kind} ${names.slice(0, MOST_NAMES).join(", ")}${more}`];
}

/** Closes of older versions may have a different order where the order does not matter. */
function isSame(a: object, b: object): boolean {
  return canonicalize(withoutMaps(a)) === canonicalize(withoutMaps(b));
}
