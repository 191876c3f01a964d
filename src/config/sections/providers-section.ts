import { z } from "zod";
import { atLeastOne, keyRules } from "./key-rules.ts";
import { billing } from "./billing-section.ts";
import { countsSection } from "./counts-section.ts";
import { date } from "./dated-section.ts";

const provider = z
  .strictObject({
    provider: z.string().min(1).meta({ description: "Name of a provider, or a pattern.", examples: ["lab-claude"] }),
    from: date.optional().meta({ description: "First day on which it applies, in the configured time zone. Without it, it always applies.", examples: ["2026-10-01"] }),
    billing: billing.optional().describe("Who pays for requests whose capture does not show it."),
    counts: countsSection.optional(),
  })
  .refine((one) => one.billing !== undefined || one.counts !== undefined, "give billing, counts, or both")
  .meta(keyRules(atLeastOne("billing", "counts")));

export const providersSection = z
  .array(provider)
  .default([])
  .describe("What applies to all requests of a provider. Entries for the same text are one rule over time. A name overrides patterns; among patterns the first in the list decides.");
