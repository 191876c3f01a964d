import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { readUsage } from "../../src/ledger/usage/older-files.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { compileProviderCounts } from "../../src/prices/list/provider-counts.ts";
import { sumSlots } from "../../src/prices/sums/slot-sums.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";

test("what a provider's counts are said to include from a local day on holds from its midnight on, within a UTC day", async () => {
  const folder = temporaryFolder();
  const file = `${folder}/usage.parquet`;
  const zeros = ["cached_tokens", "cache_write_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "image_input_tokens", "image_output_tokens", "web_searches"];
  await query(`COPY (SELECT ts, 'prod' AS instance, 'p' AS provider, 'm' AS model, 'p/m' AS model_recorded, 'metered' AS billing, NULL::VARCHAR AS api_type,
      NULL::VARCHAR AS cost_basis, 1::DECIMAL(18, 9) AS cost_usd, 'aperture' AS cost_source, 0::BIGINT AS input_tokens, 100::BIGINT AS output_tokens,
      40::BIGINT AS reasoning_tokens, ${zeros.map((name) => `0::BIGINT AS ${name}`).join(", ")}
    FROM (VALUES (TIMESTAMPTZ '2026-10-04 21:59:59Z'), (TIMESTAMPTZ '2026-10-04 22:00:00Z')) AS t(ts)) TO '${file}' (FORMAT parquet)`);
  const counts = compileProviderCounts([{ provider: "p", from: "2026-10-05", counts: { reasoning: "beside" } }], "Europe/Berlin");
  const from = Date.parse("2026-10-04");
  const sums = await withDuckDb({ temporaryDirectory: folder }, (duck) =>
    sumSlots(duck, { rows: readUsage(file), scope: "day", from, to: from + 86_400_000 }, { list: compilePriceList([], "UTC"), gateway: [], counts }),
  );
  expect(sums.map(({ slot, requests, counts: { output, reasoning } }) => [new Date(slot).toISOString(), requests, output, reasoning])).toEqual([
    ["2026-10-04T21:45:00.000Z", 1n, 60n, 40n],
    ["2026-10-04T22:00:00.000Z", 1n, 100n, 40n],
  ]);
});
