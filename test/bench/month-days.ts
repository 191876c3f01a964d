import { join } from "node:path";
import { NOTHING_ASSUMED } from "../../src/lake/days/assumed-billing.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { NOT_PRICED } from "../../src/lake/days/day-pricing.ts";
import { DAY_BUILD_VERSION } from "../../src/lake/days/day-tables.ts";
import type { WrittenTable } from "../../src/lake/landing/export-manifest.ts";
import { layout } from "../../src/lake/layout.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { query } from "../query.ts";
import { INSTANCE } from "./month-ledger.ts";

/** The manifest of a day of a gateway whose tables lie in the folder of the lake. */
export async function describeDay(lake: Pick<ObjectStore, "head">, folder: string, date: string, instance = INSTANCE): Promise<DayManifest> {
  const table = async (key: string): Promise<WrittenTable> => {
    const entry = await lake.head(key);
    if (entry === undefined) throw new Error(`no ${key} in ${folder}`);
    const file = join(folder, key);
    const [{ rows } = { rows: 0 }] = await query(`SELECT num_rows::DOUBLE AS rows FROM parquet_file_metadata(${sqlText(file)})`);
    return { key, etag: entry.etag, size: entry.size, sha256: await sha256OfFile(file), rows: Number(rows) };
  };
  return {
    format: 1, date, instance, build: DAY_BUILD_VERSION, pricing: NOT_PRICED, inputs: [], duplicates: 0, identifiers_used_again: 0, assumed_billing: NOTHING_ASSUMED,
    usage: await table(layout.usage(date, instance)),
    rollups: await table(layout.rollups(date, instance)),
    tools: null,
    unknown_counts: [],
    totals: { requests: 0, cost_usd: "0.000000000", unpriced_requests: 0 },
  };
}
