import { z } from "zod";

export const privacySection = z
  .strictObject({
    callers: z.enum(["name", "pseudonym"]).default("name").describe("`pseudonym`: reports, their files and FOCUS name no people; each person has a pseudonym that is the same in all months."),
    smallest_group: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe("With pseudonyms, rows about fewer people than this are added up as `(others)`. With 1, nothing is added up."),
    key: z.string().min(1).optional().meta({ description: "Path of a file with the secret that these pseudonyms are made with. Without it: the secret in `APERTURE_LEDGER_PRIVACY_KEY`.", examples: ["/etc/aperture-ledger/privacy-key"] }),
  })
  .prefault({})
  .describe("Whether the monthly report, its files and FOCUS name people. The lake's tables always do.");
