import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkPrices } from "../../src/prices/check-prices.ts";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { readTruth } from "../e2e/truth.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { query } from "../query.ts";
import { testLedger } from "../test-ledger.ts";
import { pricingBy } from "./price-requests.ts";

/** No count of these exports is within another. */
const APART = { cached: "beside", cache_writes: "beside", reasoning: "beside" } as const;

describeWithFixtures("six weeks of exports with an internal price of the self-hosted model", ["autumn", "aperture-config.hujson"], (pathOf) => {
  let lake: string;
  let summary: RunSummary;
  let usage: string;

  beforeAll(async () => {
    lake = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    usage = `read_parquet('${lake}/usage/*/*.parquet')`;
    const providers = parseGatewayProviders(readFileSync(pathOf("aperture-config.hujson"), "utf8"), "the fixture");
    // The name that the gateway's model_cost_map gives every qwen3-* model; October is when the price begins.
    const prices = [{ match: "private-llm/qwen3-coder-30b", from: "2026-10-01", input: 0.1, output: "0.40", web_search: 0, billing: "self_hosted" as const, counts: APART }];
    const pricingOf = pricingBy(prices, { kept: [{ taken_at: "2026-11-01T00:00:00Z", providers: [...providers] }] });
    summary = await runOnce(testLedger(new FsStore(pathOf("autumn")), new FsStore(lake), { money: { pricingOf } }));
  });

  afterAll(() => rmSync(lake, { recursive: true, force: true }));

  test("adds the price to the gateway's estimates, to the nanodollar", async () => {
    // Every count stands beside the others. 0.1 $ and 0.4 $ per million tokens are 100 and 400 nanodollars a token.
    const [listed] = await query(`SELECT (sum(input_tokens + cached_tokens) * 100 + sum(output_tokens + reasoning_tokens) * 400)::BIGINT::VARCHAR AS nanodollars
      FROM ${usage} WHERE model_recorded = 'qwen3-coder-30b' AND ts >= TIMESTAMPTZ '2026-10-01 00:00:00+00'`);
    const nanodollars = BigInt(listed!["nanodollars"] as string);
    expect(nanodollars).toBeGreaterThan(0n);
    const truth = BigInt(readTruth("autumn").distinct.nanodollars);
    expect(summary.totals.cost_usd).toBe(formatDollars(truth + nanodollars));
    const [recorded] = await query(`SELECT sum(cost_usd)::VARCHAR AS dollars FROM ${usage} WHERE cost_source = 'aperture'`);
    expect(recorded!["dollars"]).toBe(formatDollars(truth));
  });

  test("says what each price came from", async () => {
    expect(await query(`SELECT DISTINCT provider, billing, cost_basis, price_version FROM ${usage} WHERE cost_source = 'price_list'`)).toEqual([
      {
        provider: "private-llm",
        billing: "self_hosted",
        cost_basis: "private-llm/qwen3-coder-30b",
        price_version: "private-llm/qwen3-coder-30b from 2026-10-01; map qwen3-* as qwen3-coder-30b x1; counts openai, cached beside input, cache writes beside input, reasoning beside output",
      },
    ]);
  });

  test("reports September's requests as unpriced, with their tokens and without a cost", async () => {
    const unpriced = await query(`SELECT count(*)::INTEGER AS requests, min(input_tokens) > 0 AS counted, max(ts) < TIMESTAMPTZ '2026-10-01 00:00:00+00' AS before
      FROM ${usage} WHERE cost_usd IS NULL AND input_tokens + output_tokens > 0`);
    expect(unpriced).toEqual([{ requests: summary.totals.unpriced_requests, counted: true, before: true }]);
    expect(summary.totals.unpriced_requests).toBeGreaterThan(0);
    const [sums] = await query(`SELECT sum(unpriced_requests)::INTEGER AS requests FROM read_parquet('${lake}/rollups/*/*.parquet') WHERE cost_usd IS NULL`);
    expect(sums).toEqual({ requests: summary.totals.unpriced_requests });
  });

  test("shows, checked against the gateway's prices, that this gateway's counts are apart from each other", async () => {
    // The prices that reproduce every estimate if nothing is part of anything: an hour's writes as those of five minutes, searches for nothing.
    const rates = (input: number, output: number, cached: number, write = input) => ({ input, output, cached, cache_write_5m: write, cache_write_1h: write, web_search: 0 });
    const list = compilePriceList(
      [
        { match: "claude-sonnet-4-6", ...rates(3, 15, 0.3, 3.75) },
        { match: "claude-haiku-4-5", ...rates(1, 5, 0.1, 1.25) },
        { match: "claude-opus-4-8", ...rates(5, 25, 0.5, 6.25) },
        { match: "claude-sonnet-4-5", ...rates(3.3, 16.5, 0.33, 4.125) },
        { match: "gpt-5", ...rates(1.25, 10, 0.125) },
        { match: "gpt-5-mini", ...rates(0.25, 2, 0.025) },
        { match: "gemini-2.5-pro", ...rates(1.25, 10, 0.31) },
      ],
      "UTC",
    );
    const { models } = await checkPrices(new FsStore(lake), { list, gateways: new Map() });
    expect(models.reduce((sum, { requests }) => sum + requests, 0n)).toBe(5586n);
    for (const { model, uncovered, differing, agreeingApart } of models) {
      expect({ model, uncovered: uncovered.requests, left: differing - agreeingApart }).toEqual({ model, uncovered: 0n, left: 0n });
      expect(differing, model).toBeGreaterThan(0n);
    }
  });
});
