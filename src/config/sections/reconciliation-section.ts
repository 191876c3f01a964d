import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";

export const reconciliationSection = z
  .strictObject({
    providers: textMap({ key: z.string().min(1), value: z.string().min(1).toLowerCase() })
      .default(new Map())
      .meta({ description: "A provider of the gateway's configuration, and the provider whose bill its requests are on: `anthropic`, `openai`, or as a CSV names it.", examples: [{ "anthropic-prod": "anthropic" }] }),
    workspaces: textMap({ key: z.string().min(1), value: z.string().min(1) })
      .default(new Map())
      .meta({ description: "A provider's workspace or project, and the gateway (name of the source) whose requests run in it. `default` is the workspace without an id.", examples: [{ wrkspc_1: "prod" }] }),
  })
  .prefault({})
  .describe("How a provider's bill is matched with the ledger.");
