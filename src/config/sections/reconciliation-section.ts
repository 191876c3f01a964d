import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";

export const reconciliationSection = z
  .strictObject({
    providers: textMap({ key: z.string().min(1), value: z.string().min(1).toLowerCase() })
      .default(new Map())
      .describe("a provider of the gateway's configuration → the one whose bill its requests are on: anthropic, openai, or as a CSV names it"),
    workspaces: textMap({ key: z.string().min(1), value: z.string().min(1) })
      .default(new Map())
      .describe("a provider's workspace or project → the gateway (name of the source) whose requests run in it; default: the one without an id"),
  })
  .prefault({})
  .describe("how a provider's bill is matched with the ledger");
