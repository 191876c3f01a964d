import { z } from "zod";
import { UNALLOCATED } from "../../ledger/names/unassigned.ts";
import { dollarAmount } from "./amount-section.ts";
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
const ownerName = z.union([teamName, z.literal(UNALLOCATED)]);

/** Every other key is a dimension. Whether it exists is checked where the dimensions are known. */
const properties = {
  team: z.union([ownerName, z.array(ownerName).min(1)]).meta({ description: "The team that pays, or `(unallocated)`. It cannot be a pattern.", examples: ["payments"] }),
  tag: patterns.meta({ description: "A tag. A request with several tags counts under each with its part.", examples: ["tag:ci"] }),
  caller: patterns.meta({ description: "Login, or tags joined by commas. Like every value below, it may be a pattern or a list.", examples: ["*@example.com"] }),
  gateway: patterns.meta({ description: "Name of the source.", examples: ["prod"] }),
  provider: patterns.meta({ description: "Provider, as in the column `provider`.", examples: ["anthropic"] }),
  model: patterns.meta({ description: "Model, as in the column `model`.", examples: ["claude-opus-*"] }),
  billing: z.union([billing, z.array(billing).min(1)]).meta({ description: "Which kinds of billing count. Without it: those that are owed, `metered` and `self_hosted`.", examples: ["metered"] }),
};
const scope = textMap<string | string[] | null>({ value: z.union([patterns, z.null()]), known: properties });

const amount = dollarAmount(DOLLARS, AMOUNT);

const limit = z
  .strictObject({
    name: z.string().min(1).max(100).meta({ description: "Unique name. It is shown, and identifies the budget's alerts.", examples: ["company"] }),
    scope: scope.default(new Map()).meta({ description: "Usage that counts. Every key must match; without keys, all usage counts. Other keys are dimensions.", examples: [{ team: "payments" }] }),
    amount: amount.meta({ description: "US dollars for each period.", examples: ["$499.50"] }),
    per: z.enum(["day", "week", "month", "quarter", "year"]).meta({ description: "Calendar period. Weeks begin on Monday.", examples: ["month"] }),
    timezone: timezone.optional().meta({ description: "IANA time zone in which the periods begin. Without it: that of the reports.", examples: ["Europe/Berlin"] }),
    thresholds: z
      .array(z.int().min(1).max(MOST_PER_CENT))
      .refine((all) => new Set(all).size === all.length, "a threshold occurs twice")
      .meta({ uniqueItems: true })
      .default([50, 80, 100])
      .describe("Per cent of the amount at which an alert is sent."),
    forecast: z.boolean().default(true).describe("Whether an alert is sent when the forecast exceeds the amount."),
    notify: z.array(z.string().min(1)).default([]).meta({ description: "Names of targets in `notify`.", examples: [["ops"]] }),
    ...dated,
  })
  .refine(isInOrder, IN_ORDER);

export const limitsSection = z
  .array(limit)
  .superRefine((all, context) => {
    for (const [index, { name }] of all.entries()) {
      const first = all.findIndex((other) => other.name === name);
      if (first < index) context.addIssue({ code: "custom", path: [index, "name"], message: `limits[${String(first)}] already has the name ${name}` });
    }
  })
  .default([])
  .describe("Budgets: how much may be spent, by whom, on what and in which period.");

type LimitsSection = z.infer<typeof limitsSection>;

/** Every place where a scope names a dimension, below `limits`. */
export function dimensionsOfScopes(limits: LimitsSection): { name: string; path: (string | number)[] }[] {
  return limits.flatMap(({ scope: of }, index) => {
    const names = [...of.keys()].filter((name) => !Object.hasOwn(properties, name));
    return names.map((name) => ({ name, path: [index, "scope", name] }));
  });
}
