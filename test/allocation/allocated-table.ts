import { join } from "node:path";
import { withAllocatedSpan } from "../../src/allocation/shares/allocate-span.ts";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { COUNT_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { temporaryFolder } from "../test-ledger.ts";
import type { SlotUsage, Span } from "./split-usages.ts";

const NANO = 1_000_000_000n;

/** SQL that writes the usages as a file of the `rollups` table. */
function writeRollups(file: string, usages: readonly SlotUsage[]): string {
  const texts = (all: readonly string[]): string => `[${all.map(sqlText).join(", ")}]::VARCHAR[]`;
  const rows = usages.map(({ key, at, sums: { cost, counts } }) => {
    const dimensions = `map_from_entries([${Object.entries(key.dimensions).map(([k, v]) => `(${sqlText(k)}, ${sqlText(v)})`).join(", ")}]::STRUCT(k VARCHAR, v VARCHAR)[])`;
    const named = [key.instance, key.caller, key.callerType, key.provider, key.model, key.billing].map(sqlText);
    return `(make_timestamptz(${String(BigInt(at) * 1000n)}), ${named.join(", ")}, ${texts(key.tags)}, ${dimensions}, ${cost === null ? "NULL" : `'${formatDollars(cost)}'`}::DECIMAL(38,9), ${counts.map((count) => `${String(count / NANO)}::BIGINT`).join(", ")})`;
  });
  const columns = ["slot", "instance", "caller", "caller_type", "provider", "model", "billing", "tags", "dimensions", "cost_usd", ...COUNT_COLUMNS];
  return `COPY (SELECT *, NULL::VARCHAR AS agent FROM (VALUES ${rows.join(", ")}) AS t(${columns.join(", ")})) TO ${sqlText(file)} (FORMAT parquet)`;
}

/** Rows of the `allocations` table that the ledger makes of usages, as texts, in their order. */
export async function allocateTable(settings: AllocationSettings, span: Span, usages: readonly SlotUsage[], cuts: readonly Date[] = []): Promise<(string | null)[][]> {
  const folder = temporaryFolder();
  const [rollups, table] = [join(folder, "rollups.parquet"), join(folder, "allocations.parquet")];
  return await withDuckDb({ temporaryDirectory: folder, threads: 1 }, async (duck) => {
    if (usages.length > 0) await duck.run(writeRollups(rollups, usages));
    const files = usages.length > 0 ? [rollups] : [];
    const written = await withAllocatedSpan(duck, { files, span, settings, cuts }, (sums) => writeAllocations(duck, table, sums));
    const found = await duck.runAndReadAll(`SELECT * REPLACE (to_json(list_transform(map_entries(dimensions), lambda one: {'k': one.key, 'v': one.value}))::VARCHAR AS dimensions) FROM read_parquet(${sqlText(table)})`);
    const rows = found.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    if (rows.length !== written) throw new RangeError(`${String(written)} rows said to be written of ${String(rows.length)}`);
    return rows;
  });
}
