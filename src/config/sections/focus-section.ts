import { z } from "zod";

export const focusSection = z
  .strictObject({
    detail: z
      .enum(["caller", "team"])
      .default("caller")
      .describe("`team` leaves out `x_Caller` and `x_CallerType`, and sums up the rows that are then the same: the file of a large company becomes a third as long."),
    formats: z
      .array(z.enum(["parquet", "csv", "csv.gz"]))
      .nonempty("name at least one format")
      .default(["parquet", "csv"])
      .describe("The files that are written. What was written in other formats before is removed from open months."),
    nightly: z.boolean().default(false).describe("Whether the report of the month to date (`schedule.month_to_date`) writes them too; else they stay as `chargeback` last wrote them."),
  })
  .prefault({})
  .describe("The FOCUS export of each month, which `chargeback` and the close write.");
