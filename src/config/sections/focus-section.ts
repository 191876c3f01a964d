import { z } from "zod";

export const focusSection = z
  .strictObject({
    version: z
      .enum(["1.2", "1.3", "1.4"], 'a version of FOCUS in quotes: "1.2", "1.3" or "1.4"')
      .default("1.2")
      .describe("Version of FOCUS for open months; closed months keep the version they were closed with. From `1.3` on, rows say how pools and rules split them; `1.4` adds the data sets Billing Period and Invoice Detail."),
    detail: z
      .enum(["caller", "team"])
      .default("caller")
      .describe("`team` leaves out `x_Caller` and `x_CallerType`, and sums up the rows that are then the same: the file of a large company becomes a third as long."),
    formats: z
      .array(z.enum(["parquet", "csv", "csv.gz"]))
      .nonempty("name at least one format")
      .default(["parquet", "csv"])
      .describe("Formats of the files. Earlier files in other formats are removed from open months."),
    nightly: z.boolean().default(false).describe("Whether the report of the month to date (`schedule.month_to_date`) writes them too. Otherwise they stay as `chargeback` last wrote them."),
  })
  .prefault({})
  .describe("The FOCUS export of each month, which `chargeback` and the close write.");
