import { join } from "node:path";
import { gatherInsights } from "../../src/chargeback/gathering/gather-insights.ts";
import { sumAllocations } from "../../src/chargeback/report/sum-allocations.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sha256Of } from "../../src/lake/records/closed-files.ts";
import { layout } from "../../src/lake/layout.ts";
import { withWorkspace } from "../../src/storage/workspace.ts";
import { type MonthMeasured, MONTH, openMonth } from "./month-ledger.ts";
import { mostResidentMiB } from "../resident-memory.ts";

/** `month-insights.ts LAKE`: gathers what an allocated month's report says besides who owes what, and prints a `MonthMeasured`. */
const [, , folder = ""] = process.argv;
const ledger = await openMonth(folder);
const key = layout.allocations(MONTH.name);
const sums = await withWorkspace((workspace) => withDuckDb({ temporaryDirectory: workspace }, (duck) => sumAllocations(duck, join(folder, key), ["repo"])));
const state = { exports: new Map(), days: new Map(ledger.days.map((day) => [day.date, day])), etags: new Map(), restored: new Map(), unreadable: [] };
const sha256 = sha256Of(await ledger.stores.lake.read(key));
const start = performance.now();
const insights = await gatherInsights(ledger, { month: MONTH, state, table: { key, sha256 } }, { exports: [], allocations: sums });
const measured: MonthMeasured = { seconds: (performance.now() - start) / 1000, residentMiB: mostResidentMiB(), rows: insights.teams.length };
process.stdout.write(JSON.stringify(measured));
