import { z } from "zod";
import { billing } from "./billing-section.ts";
import { countsSection } from "./counts-section.ts";
import { date } from "./dated-section.ts";

const provider = z
  .strictObject({
    provider: z.string().min(1).describe("name of a provider, or a pattern of names"),
    from: date.optional().describe("first day on which it holds, in the configured time zone; always without it"),
    billing: billing.optional().describe("who pays requests whose capture does not show it"),
    counts: countsSection.optional(),
  })
  .refine((one) => one.billing !== undefined || one.counts !== undefined, "say what is true of the provider: billing, counts, or both");

export const providersSection = z
  .array(provider)
  .default([])
  .describe("what is true of all requests of a provider: entries of the same text are one rule over time, a name comes before patterns, and of patterns the one further up decides");
