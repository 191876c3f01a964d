import { z } from "zod";

const place = z.enum(["within", "beside"]);

/** What the counts of requests include. */
export const countsSection = z
  .strictObject({
    cached: place.optional().describe("cached_tokens: within input_tokens, or beside them"),
    cache_writes: place.optional().describe("cache_creation_input_tokens: within input_tokens, or beside them"),
    image_input: place.optional().describe("image_input_tokens: within input_tokens, or beside them"),
    reasoning: place.optional().describe("reasoning_tokens: within output_tokens, or beside them"),
    image_output: place.optional().describe("image_output_tokens: within output_tokens, or beside them"),
  })
  .describe("what counts include, where that is not as docs/prices.md has it");
