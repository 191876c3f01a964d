import { z } from "zod";

/** Money is read from text, so that no amount goes through a float. */
const dollars = z.string().regex(/^\$?\d{1,12}(?:\.\d{1,9})?$/, 'US dollars such as "$20"');

/** Without the section nothing is looked for. */
export const anomaliesSection = z
  .strictObject({
    of: z
      .array(z.enum(["team", "tag", "caller"]))
      .min(1)
      .default(["team", "tag", "caller"])
      .describe("whose days are looked at"),
    history_days: z.int().min(3).max(365).default(28).describe("days before that are the usual range"),
    least_days: z.int().min(3).max(365).default(10).describe("days that somebody has to be known for before anything is said"),
    threshold: z
      .number()
      .min(1)
      .max(1000)
      .default(5)
      .describe("how far from the median: |spend - median| / (1.4826 * MAD), where MAD is the median of the distances from the median"),
    minimum: dollars.default("$20").describe("least distance from the median in dollars"),
    direction: z.enum(["up", "both"]).default("up").describe("both: also a day on which less than usual was spent"),
    notify: z.array(z.string()).optional().describe("names of the targets; all of them without it"),
  })
  .refine(({ history_days, least_days }) => least_days <= history_days, "least_days is at most history_days")
  .optional()
  .describe("days on which somebody's spend leaves its own recent range");
