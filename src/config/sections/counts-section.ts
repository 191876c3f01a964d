import { z } from "zod";

const place = z.enum(["within", "beside"]);

/** What the counts of requests include. */
export const countsSection = z
  .strictObject({
    cached: place.optional().describe("Whether `cached_tokens` are within `input_tokens` or beside them."),
    cache_writes: place.optional().describe("Whether `cache_creation_input_tokens` are within `input_tokens` or beside them."),
    image_input: place.optional().describe("Whether `image_input_tokens` are within `input_tokens` or beside them."),
    reasoning: place.optional().describe("Whether `reasoning_tokens` are within `output_tokens` or beside them."),
    image_output: place.optional().describe("Whether `image_output_tokens` are within `output_tokens` or beside them."),
  })
  .describe("What the counts of requests include, where it differs from [prices](prices.md).");
