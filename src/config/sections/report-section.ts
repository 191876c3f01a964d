import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";

const name = z.string().trim().min(1, "it is empty").max(200, "at most 200 characters").meta({ pattern: String.raw`\S` });

export const reportSection = z
  .strictObject({
    company: name.optional().meta({ description: "Name of the company, at the top of every page.", examples: ["Acme Ltd"] }),
    owners: textMap({ value: name })
      .default(new Map())
      .meta({ description: "Person responsible for each team: a name or a login by team. It is shown on the team's page and changes no figures.", examples: [{ payments: "ann@example.com" }] }),
    journal: z
      .strictObject({
        account: name.default("AI usage").meta({ description: "Account for what teams owe.", examples: ["6815"] }),
        accounts: textMap({ value: name }).default(new Map()).meta({ description: "Different accounts, by cost centre.", examples: [{ "CC-4100": "6816" }] }),
        clearing: name.default("AI usage clearing").meta({ description: "Account for the balancing line of every document.", examples: ["1590"] }),
      })
      .prefault({})
      .describe("Accounts used in `journal.csv`, which each close writes."),
  })
  .prefault({})
  .describe("Information in reports besides figures.");
