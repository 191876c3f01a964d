import { reportMonth } from "../../src/chargeback/report-month.ts";
import { mostResidentMiB } from "../resident-memory.ts";
import { type MonthMeasured, MONTH, openMonth, shapeOf } from "./month-ledger.ts";

/** `month-chargeback.ts LAKE SHAPE`: reports a month with all of its files, and prints a `MonthMeasured`. */
const [, , folder = "", shape] = process.argv;
const reported = await reportMonth(openMonth(folder, shapeOf(shape)), MONTH.name);
const { user, system } = process.cpuUsage();
const measured: MonthMeasured = { cpuSeconds: (user + system) / 1_000_000, residentMiB: mostResidentMiB(), rows: "open" in reported ? reported.focus.rows : 0 };
process.stdout.write(JSON.stringify(measured));
