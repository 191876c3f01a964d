import { z } from "zod";
import { billing } from "./billing-section.ts";
import { dated, IN_ORDER, isInOrder } from "./dated-section.ts";
import { teamName } from "./directory-section.ts";
import { timezone } from "./timezone-section.ts";
import { textMap } from "../../ledger/names/written-map.ts";

const DOLLARS = /^\$?\d{1,10}(?:\.\d{1,9})?$/;
const AMOUNT = 'an amount of US dollars above 0 such as 500 or "$499.50", with up to 9 decimal places';
const MOST_PER_CENT = 1000;

const pattern = z.string().min(1);
const patterns = z.union([pattern, z.array(pattern).min(1)]);
const ownerName = z.union([teamName, z.literal("(unallocated)")]);

/** Every further key is a dimension; which ones there are is checked where they are known. */
const properties = {
  team: z.union([ownerName, z.array(ownerName).min(1)]).describe("the team that pays, or (unallocated); no pattern"),
  tag: patterns.describe("tag:name; of a request of several tags each has its part"),
  caller: patterns.describe("login, or tags joined by commas; may be a pattern, as everything below"),
  gateway: patterns.describe("name of the source"),
  provider: patterns,
  model: patterns,
  billing: z.union([billing, z.array(billing).min(1)]).describe("what counts; what is owed without it: metered and self_hosted"),
};
const scope = textMap<string | string[] | null>({ value: z.union([patterns, z.null()]), known: properties });

/** It stays what it is: the configuration is parsed twice. */
const amount = z.union([z.number(), z.string()], AMOUNT).refine((written) => DOLLARS.test(String(written)) && /[1-9]/.test(String(written)), AMOUNT);

const limit = z
  .strictObject({
    name: z.string().min(1).max(100).describe("unique: what is shown, and what alerts are kept under"),
    scope: scope.default(new Map()).describe("what counts; everything named has to match; everything without it"),
    amount: amount.describe("US dollars for each period: 500, or \"$499.50\""),
    per: z.enum(["day", "week", "month", "quarter", "year"]).describe("calendar period; weeks begin on Monday"),
    timezone: timezone.optional().describe("in which the periods begin; else as of reports"),
    thresholds: z
      .array(z.int().min(1).max(MOST_PER_CENT))
      .refine((all) => new Set(all).size === all.length, "a threshold is there twice")
      .default([50, 80, 100])
      .describe("per cent of the amount that somebody is told of"),
    forecast: z.boolean().default(true).describe("whether somebody is told of a forecast above the amount"),
    notify: z.array(z.string().min(1)).default([]).describe("names of targets in notify"),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

export const limitsSection = z
  .array(limit)
  .superRefine((all, context) => {
    for (const [index, { name }] of all.entries()) {
      const first = all.findIndex((other) => other.name === name);
      if (first < index) context.addIssue({ code: "custom", path: [index, "name"], message: `limits[${String(first)}] has the name ${name} already` });
    }
  })
  .default([])
  .describe("budgets: how much may be spent, by whom, on what, in which time");

type LimitsSection = z.infer<typeof limitsSection>;

/** Every place where a scope names a dimension, below `limits`. */
export function dimensionsOfScopes(limits: LimitsSection): { name: string; path: (string | number)[] }[] {
  return limits.flatMap(({ scope: of }, index) => {
    const names = [...of.keys()].filter((name) => !Object.hasOwn(properties, name));
    return names.map((name) => ({ name, path: [index, "scope", name] }));
  });
}
