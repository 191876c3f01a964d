import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { addAssumedBilling, type AssumedBilling, NOTHING_ASSUMED, sumAssumedBilling } from "../../src/lake/days/assumed-billing.ts";
import { writeUsage } from "../../src/lake/days/day-tables.ts";
import { readLandedDay } from "../../src/lake/days/landed-day.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { provider, pricingBy } from "../prices/price-requests.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import { sampleRequest } from "../ingest/sample-request.ts";

const DOLLAR = 1_000_000_000n;
const HISTORY = [{ from: null, providers: [provider("plan", { authMode: "passthrough" })] }];

type Request = Partial<RecordedRequest> & { captureId: string };

/** What is assumed of one day of these exports, each made an hour after the one before. */
async function assumedOf(exports: readonly (readonly Request[])[], price?: { billing: "self_hosted" }): Promise<AssumedBilling> {
  const folder = temporaryFolder();
  const files = exports.flatMap((requests, hour) => {
    const own = join(folder, String(hour));
    mkdirSync(own);
    const landing = new LandingWriter(own, { time: new Date(Date.UTC(2026, 9, 5, 13 + hour)), version: 0 });
    const normalise = normaliser(`export-${String(hour)}`, { instance: "prod", gateway: HISTORY, dimensions: new Map() });
    for (const [position, request] of requests.entries()) landing.add(normalise(sampleRequest({ id: null, model: "plan/m", cost: DOLLAR, ...request })), position);
    return landing.finish().map(({ file }) => file);
  });
  return await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const usage = join(folder, "usage.parquet");
    const pricing = price && pricingBy([{ match: "plan/m", input: 1, ...price }])("2026-10-05", "prod");
    const landing = await readLandedDay(duck, files);
    await writeUsage(duck, landing, usage, pricing);
    return await sumAssumedBilling(duck, landing, usage);
  });
}

test("nothing is assumed where every credential was seen", async () => {
  expect(await assumedOf([[{ captureId: "a", credential: "subscription" }, { captureId: "b", credential: "none" }]])).toEqual(NOTHING_ASSUMED);
});

test("requests of which nothing was seen are counted, beside those of plans that were", async () => {
  const seen: Request[] = [{ captureId: "a", credential: "subscription" }, { captureId: "b", credential: "api_key" }, { captureId: "c", credential: "none" }];
  const unseen: Request[] = [{ captureId: "d", cost: 2n * DOLLAR }, { captureId: "e", cost: null }];
  expect(await assumedOf([unseen])).toEqual({ requests: 2, cost_usd: "2.000000000" });
  expect(await assumedOf([[...seen, ...unseen]])).toEqual({ requests: 2, cost_usd: "2.000000000" });
});

test("a request that was exported again counts once, as the last export has it", async () => {
  const unseen: Request = { captureId: "a", cost: 2n * DOLLAR };
  const seen: Request = { ...unseen, credential: "subscription" };
  const plan: Request = { captureId: "p", credential: "subscription" };
  expect(await assumedOf([[unseen, plan], [unseen]])).toEqual({ requests: 1, cost_usd: "2.000000000" });
  expect(await assumedOf([[unseen, plan], [seen]])).toEqual(NOTHING_ASSUMED);
  expect(await assumedOf([[seen, plan], [unseen]])).toEqual({ requests: 1, cost_usd: "2.000000000" });
});

test("what the price list says is our own is no assumption any more", async () => {
  const unpriced: Request = { captureId: "a", cost: null, usage: { ...NO_TOKENS, inputTokens: 1_000_000 } };
  expect(await assumedOf([[unpriced, { captureId: "b", cost: 3n * DOLLAR }]], { billing: "self_hosted" })).toEqual({ requests: 1, cost_usd: "3.000000000" });
});

test("days add up exactly", () => {
  const days = ["0.100000000", "0.200000000", "0.000000001"].map((cost_usd) => ({ assumed_billing: { requests: 1, cost_usd } }));
  expect(addAssumedBilling(days)).toEqual({ requests: 3, cost: 300_000_001n });
});
