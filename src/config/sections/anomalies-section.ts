import { z } from "zod";

/** Money is read from text, so that no amount goes through a float. */
export const dollars = z.string().regex(/^\$?\d{1,12}(?:\.\d{1,9})?$/, 'US dollars such as "$20"');

/** Without the section nothing is reported. */
export const anomaliesSection = z
  .strictObject({
    of: z
      .array(z.enum(["team", "tag", "caller"]))
      .min(1)
      .default(["team", "tag", "caller"])
      .describe("Kinds of subjects whose days are compared with their own past."),
    history_days: z.int().min(3).max(365).default(28).describe("How many earlier days make up the usual range."),
    least_days: z.int().min(3).max(365).default(10).describe("How many days of usage a subject needs before anything is reported."),
    threshold: z
      .number()
      .min(1)
      .max(1000)
      .default(5)
      .describe("How far from the median a day has to be: `|spend - median| / (1.4826 * MAD)`, where MAD is the median of the distances from the median."),
    minimum: dollars.default("$20").describe("Least distance from the median in US dollars."),
    direction: z.enum(["up", "both"]).default("up").describe("`up` reports days of more spend than usual, `both` days of less as well."),
    notify: z.array(z.string()).optional().meta({ description: "Names of the targets. Without it: all targets.", examples: [["ops"]] }),
  })
  .refine(({ history_days, least_days }) => least_days <= history_days, "least_days is at most history_days")
  .optional()
  .describe("Reports days on which the spend of a team, tag or caller leaves its usual range. Without this section nothing is reported.");
