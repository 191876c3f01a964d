import { writeFocus } from "../../src/chargeback/export-focus.ts";
import { withWorkspace } from "../../src/storage/workspace.ts";
import { type MonthMeasured, MONTH, openMonth } from "./month-ledger.ts";
import { mostResidentMiB } from "../resident-memory.ts";

/** `month-focus.ts LAKE`: writes a month's FOCUS files and prints a `MonthMeasured`. */
const [, , folder = ""] = process.argv;
const ledger = await openMonth(folder);
await withWorkspace(async (workspace) => {
  const start = performance.now();
  const { rows } = await writeFocus(ledger, MONTH, ledger.days, [], workspace);
  const measured: MonthMeasured = { seconds: (performance.now() - start) / 1000, residentMiB: mostResidentMiB(), rows };
  process.stdout.write(JSON.stringify(measured));
});
