import type { CsvColumn } from "../../ledger/text/csv-cells.ts";
import type { ChargebackReport } from "./report.ts";

/** The last columns of files for people, equal in every line: the month, the currency, how final the figures are, and the close. */
export function reportColumns({ month, status }: Pick<ChargebackReport, "month" | "status">): CsvColumn<unknown>[] {
  return [
    { name: "month", read: () => month.name },
    { name: "currency", read: () => "USD" },
    { name: "status", read: () => status.kind },
    { name: "close_id", read: () => status.close?.id ?? "" },
  ];
}
