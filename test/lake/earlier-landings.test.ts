import { join } from "node:path";
import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { writeDayTables } from "../../src/lake/days/day-tables.ts";
import { landedRows } from "../../src/lake/landing/landed-rows.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { sumUnknownCounts } from "../../src/lake/days/unknown-counts.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { sampleRequest } from "../ingest/sample-request.ts";

const normalise = normaliser("e", { instance: "prod", gateway: [], dimensions: new Map() });

test("a day is built from landing files of the version before beside those of this one", async () => {
  const folder = temporaryFolder();
  const files = [1n, 2n].map((id) => {
    const writer = new LandingWriter(temporaryFolder(), { time: new Date("2026-10-05T13:00:00Z"), version: 0 });
    const usage = normalise(sampleRequest({ id, captureId: `c${String(id)}`, unknownCounts: new Map([["audio_tokens", 5]]) }));
    writer.add({ ...usage, billing: id === 1n ? "subscription" : "metered" }, 0);
    return writer.finish()[0]?.file ?? "";
  });
  const earlier = join(folder, "earlier.parquet");
  await query(`COPY (SELECT * EXCLUDE (unknown_counts, billing_assumed) FROM read_parquet('${files[0] ?? ""}')) TO '${earlier}' (FORMAT parquet)`);
  for (const [landing, counted] of [[[earlier], []], [[earlier, files[1] ?? ""], [{ name: "audio_tokens", requests: 1, sum: "5" }]]] as const) {
    const [usage, rollups] = [join(folder, "usage.parquet"), join(folder, "rollups.parquet")];
    await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
      const written = await writeDayTables(duck, landing, { usage, rollups }, withoutPrices("2026-10-05", "prod"));
      expect(await sumUnknownCounts(duck, written.landing, usage)).toEqual(counted);
      const assumed = await duck.runAndReadAll(`SELECT billing_assumed FROM ${landedRows(landing)} WHERE record_id = 1`);
      expect(assumed.getRows()).toEqual([[true]]);
    });
    expect(await query(`SELECT count(*)::INTEGER AS rows FROM read_parquet('${usage}')`)).toEqual([{ rows: landing.length }]);
    expect(await query(`SELECT sum(unpriced_requests)::INTEGER AS unpriced FROM read_parquet('${rollups}')`)).toEqual([{ unpriced: counted.length }]);
  }
});
