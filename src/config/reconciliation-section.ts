import { z } from "zod";

export const reconciliationSection = z
  .strictObject({
    providers: z
      .record(z.string().min(1), z.string().min(1).toLowerCase())
      .default({})
      .describe("a provider of the gateway's configuration → the one whose bill its requests are on: anthropic, openai, or as a CSV names it"),
    workspaces: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe("a provider's workspace or project → the gateway (name of the source) whose requests run in it; default: the one without an id"),
  })
  .prefault({})
  .describe("how a provider's bill is matched with the ledger");
