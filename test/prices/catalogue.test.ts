import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { closeMonth } from "../../src/chargeback/close-month.ts";
import { configSchema, type Config } from "../../src/config/config.ts";
import { CATALOGUES, layout } from "../../src/lake/layout.ts";
import { loadCatalogues } from "../../src/lake/records/catalogue-snapshots.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { openLedger } from "../../src/open/open-ledger.ts";
import { refreshFromGateways } from "../../src/open/refresh-from-gateways.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { type FakeGateway, modeOfDocument, pricingDocument, startGateway } from "../fake-gateway.ts";
import { exportMonth } from "../focus/export-month.ts";
import { keysOf } from "../keys-of.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { addExport, type Priced, readPriced, type Request } from "./price-requests.ts";

const CONFIG = '{"providers": {"anthropic": {"models": ["claude-sonnet-4-6"]}}}';
const SONNET = { input: "3", output: "15", input_cache_read: "0.3", input_cache_write: "3.75", input_cache_write_1h: "6", input_above_200k: "6", output_above_200k: "22.5", web_search: "0.01" };
const MODEL = "anthropic/claude-sonnet-4-6";

let gateway: FakeGateway;
let source: string;
let folder: string;
let lake: FsStore;
/** What the log said, by level. */
let logged: string[];

beforeEach(async () => {
  [source, folder, logged] = [temporaryFolder(), temporaryFolder(), []];
  lake = new FsStore(folder);
  gateway = await startGateway({ config: CONFIG, pricing: pricingDocument({ "claude-sonnet-4-6": { anthropic: SONNET } }) });
});

function configOf(more: object = {}): Config {
  return configSchema.parse({ sources: [{ name: "prod", url: source }], lake: folder, aperture: { config: gateway.url }, ...more });
}

const services = (at: string) => ({ log: pino({ level: "info" }, { write: (line: string) => void logged.push((JSON.parse(line) as { msg: string }).msg) }), progress: { begin: () => undefined, step: () => undefined }, clock: () => new Date(at) });

/** Asks the gateway at that time. */
async function refreshAt(at: string, bounds: { milliseconds?: number; mostBytes?: number } = {}): Promise<void> {
  await refreshFromGateways(configOf(), lake, services(at), bounds);
}

async function runAt(at: string, requests: readonly Request[], more: object = {}): Promise<Ledger> {
  addExport(source, requests);
  const ledger = await openLedger(configOf(more), services(at));
  await runOnce(ledger);
  return ledger;
}

async function price(requests: readonly Request[], more: object = {}): Promise<Priced[]> {
  await runAt("2026-10-27T00:00:00Z", requests, more);
  return await readPriced(folder);
}

const kept = async (): Promise<string[]> => await keysOf(lake, CATALOGUES);
const sonnet = (usage: Record<string, number>, at = "2026-10-05T12:00:00Z"): Request => ({ model: MODEL, api_type: "ant_messages", at, usage });
const SMALL = { input_tokens: 1000, output_tokens: 100 };

describe("the gateway's catalogue", () => {
  test("prices each request by the prices of its time, also where they change in the middle of a month, and an unchanged one writes nothing", async () => {
    await refreshAt("2026-10-01T00:00:00Z");
    const first = await kept();
    expect(first).toEqual([expect.stringMatching(/^_ledger\/catalogues\/prod\/always-[0-9a-f]{16}\.json$/)]);
    const bytes = readFileSync(join(folder, first[0]!), "utf8");
    await refreshAt("2026-10-10T00:00:00Z");
    expect(await kept()).toEqual(first);
    expect(readFileSync(join(folder, first[0]!), "utf8")).toBe(bytes);
    expect(gateway.asked.filter((line) => line.includes("pricing"))).toEqual(["GET /aperture/pricing 200", "GET /aperture/pricing 304"]);

    gateway.pricing = pricingDocument({ "claude-sonnet-4-6": { anthropic: { ...SONNET, input: "4" } }, other: { anthropic: { input: "1" } } });
    await refreshAt("2026-10-16T10:00:00Z");
    expect(await kept()).toHaveLength(2);
    const priced = await price([
      sonnet(SMALL, "2026-09-30T12:00:00Z"),
      sonnet(SMALL, "2026-10-05T12:00:00Z"),
      sonnet(SMALL, "2026-10-16T09:59:59.999999Z"),
      sonnet(SMALL, "2026-10-16T10:00:00Z"),
      { model: "anthropic/other", api_type: "ant_messages", at: "2026-10-05T12:00:00Z", usage: SMALL },
    ]);
    // 1,000 × $3 + 100 × $15 a million are 4,500 µ$; 1,000 × $4 + 100 × $15 are 5,500.
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["0.004500000", "0.004500000", "0.004500000", "0.005500000", null]);
    const found = `${MODEL} in the catalogue`;
    expect(priced.slice(0, 4)).toMatchObject([
      { cost_source: "price_list", cost_basis: MODEL, price_version: `${found} of 2026-10-01T00:00:00.000Z, assumed before it; counts anthropic` },
      { price_version: `${found} since 2026-10-01T00:00:00.000Z; counts anthropic` },
      { price_version: `${found} since 2026-10-01T00:00:00.000Z; counts anthropic` },
      { price_version: `${found} since 2026-10-16T10:00:00.000Z; counts anthropic` },
    ]);
  });

  test("has the same bytes for the same answer, in whatever order it comes, and a price that stays keeps the time it is known since", async () => {
    const both = { "claude-sonnet-4-6": { anthropic: SONNET, bedrock: SONNET }, a: { anthropic: { input: "1" } } };
    gateway.pricing = pricingDocument(both);
    await refreshAt("2026-10-01T00:00:00Z");
    const bytesOf = async (): Promise<string[]> => (await kept()).map((key) => readFileSync(join(folder, key), "utf8"));
    const before = await bytesOf();
    [folder] = [temporaryFolder()];
    lake = new FsStore(folder);
    gateway.pricing = pricingDocument({ a: both.a, "claude-sonnet-4-6": { bedrock: SONNET, anthropic: SONNET } });
    await refreshAt("2026-10-01T00:00:00Z");
    expect((await bytesOf()).map((text) => text.replace(/"etag":\{[^}]*\},/, ""))).toEqual(before.map((text) => text.replace(/"etag":\{[^}]*\},/, "")));
    gateway.pricing = pricingDocument({ ...both, a: { anthropic: { input: "2" } } });
    await refreshAt("2026-10-02T00:00:00Z");
    const snapshots = (await loadCatalogues(lake)).get("prod")!;
    const { prices } = await snapshots[1]!.read();
    expect([prices.get("bedrock")!.get("claude-sonnet-4-6")!.since, prices.get("anthropic")!.get("a")!.since]).toEqual(["2026-10-01T00:00:00.000Z", "2026-10-02T00:00:00.000Z"]);
  });

  test("is read once while it is in use, and makes room for others: a ledger of years does not hold them all", async () => {
    for (let day = 1; day <= 40; day++) {
      gateway.pricing = pricingDocument({ m: { anthropic: { input: String(day) } } });
      await refreshAt(new Date(Date.UTC(2026, 9, day)).toISOString());
    }
    const snapshots = (await loadCatalogues(lake)).get("prod")!;
    const first = await snapshots[0]!.read();
    expect(await snapshots[0]!.read()).toBe(first);
    for (const one of snapshots) await one.read();
    const again = await snapshots[0]!.read();
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test("prices every kind of token and searches, and long prompts by their own prices", async () => {
    const [all, long] = await price([
      sonnet({ ...SMALL, cached_tokens: 2000, cache_creation_input_tokens: 500, cache_creation_1h_input_tokens: 100, web_search_count: 2 }),
      sonnet({ input_tokens: 200_001, output_tokens: 1000, cached_tokens: 1000 }),
    ]);
    // µ$: 1,000 × 3 + 2,000 × 0.3 + 400 × 3.75 + 100 × 6 + 100 × 15 = 7,200, and two searches are 20,000.
    expect(all!.cost_usd).toBe("0.027200000");
    // Above 200,000 tokens: 200,001 × 6 + 1,000 × 22.5, and what is cached follows the input, which doubles: 1,000 × 0.6.
    expect(long!.cost_usd).toBe("1.223106000");
  });

  test("comes after the list, and leaves the gateway's estimates as they are", async () => {
    const [listed, catalogued, estimated] = await price(
      [{ ...sonnet(SMALL), model: "anthropic/claude-sonnet-4-5" }, sonnet(SMALL), { ...sonnet(SMALL), dollars: 0.5 }],
      { prices: [{ match: "claude-sonnet-4-5", input: 1, output: 1 }] },
    );
    expect(listed).toMatchObject({ cost_usd: "0.001100000", price_version: "claude-sonnet-4-5; counts anthropic" });
    expect(catalogued).toMatchObject({ cost_usd: "0.004500000" });
    expect(estimated).toMatchObject({ cost_usd: "0.500000000", cost_source: "aperture", price_version: null });
    const both = await price([sonnet(SMALL)], { prices: [{ match: MODEL, input: 1, output: 1 }] });
    expect(both[0]).toMatchObject({ cost_usd: "0.001100000" });
  });

  test("is searched as the gateway prices a provider: by its cost basis and its rules, which the catalogue says where the configuration is silent", async () => {
    const rules = [{ match: "mine-*", as: "claude-sonnet-4-6", adjustment: 1.5 }];
    gateway.pricing = pricingDocument({ "claude-sonnet-4-6": { anthropic: SONNET, "bedrock-eu": { ...SONNET, input: "3.3" } } }, {
      cloud: { cost_basis: "bedrock-eu", cost_basis_source: "inferred", model_cost_map: null },
      own: { cost_basis: "anthropic", cost_basis_source: "explicit", model_cost_map: rules },
    });
    const usage = { input_tokens: 1_000_000 };
    const priced = await price([
      { ...sonnet(usage), model: "cloud/claude-sonnet-4-6" },
      { ...sonnet(usage), model: "own/mine-1" },
      { ...sonnet(usage), model: "cloud/eu.anthropic.claude-sonnet-4-6-20260101-v1:0" },
      { ...sonnet(usage), model: "nowhere/claude-sonnet-4-6" },
    ]);
    // A million tokens of input above 200,000: twice the price by input_above_200k, $6, times the rule's 1.5.
    expect(priced).toMatchObject([
      { cost_usd: "6.000000000", cost_basis: "bedrock-eu/claude-sonnet-4-6" },
      { cost_usd: "9.000000000", cost_basis: "anthropic/claude-sonnet-4-6", price_version: expect.stringContaining("map mine-* as claude-sonnet-4-6 x1.5; above 200000") as string },
      { cost_usd: "6.000000000" },
      { cost_usd: null, price_version: null },
    ]);
  });

  test("that declares other units, or varies, or has prices of its own kind, is read as it says", async () => {
    const written = pricingDocument({
      m: { anthropic: { input: "0.000003", output: 0.015, image: "0.01" } },
      varying: { anthropic: { variable: true, input: "1" } },
      free: { anthropic: { input: "0", output: "0" } },
      odd: { anthropic: { input: "-1", output: "1e-6" } },
      // What is cached would cost as much as input.
      unread: { anthropic: { input: "0.000003", output: 0.015, input_cache_read: "-1" } },
      // A unit that is no unit must not become a million tokens.
      guessed: { anthropic: { input: "0.000003", output: 0.015, input_cache_write: "0.00375" } },
      absent: { anthropic: { input: "0.000003", output: 0.015, input_cache_read: null, web_search: "per request" } },
    });
    gateway.pricing = { ...written, units: { input: { basis: "token", quantity: 1 }, output: { basis: "token", quantity: 1000 }, image: { basis: "image", quantity: 1 }, input_cache_write: { basis: "token", quantity: "1000" } } };
    const of = (model: string): Request => ({ model: `anthropic/${model}`, api_type: "ant_messages", usage: SMALL });
    const priced = await price([of("m"), of("varying"), of("free"), of("odd"), of("unread"), of("guessed"), of("absent")]);
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["0.004500000", null, "0.000000000", null, null, null, "0.004500000"]);
  });

  test("prices a request mode by the terms of the request's answer, below the list, and says so", async () => {
    gateway.pricing = pricingDocument({ "claude-sonnet-4-6": { anthropic: { ...SONNET, modes: { batch: modeOfDocument({ input: "1.5", output: "7.5" }), batch_us: modeOfDocument({ input: "1.65", output: "8.25" }) } } } });
    await refreshAt("2026-10-01T00:00:00Z");
    const of = (terms: Request["terms"]): Request => ({ ...sonnet(SMALL), ...(terms && { terms }) });
    const priced = await price([of(undefined), of({ service_tier: "batch" }), of({ service_tier: "batch", inference_geo: "us" }), of({ service_tier: "priority" })]);
    // 1,000 tokens in and 100 out: 3,000 + 1,500; 1,500 + 750; 1,650 + 825 microdollars.
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["0.004500000", "0.002250000", "0.002475000", "0.004500000"]);
    expect(priced[1]?.price_version).toMatch(/^anthropic\/claude-sonnet-4-6 in the catalogue .*, service_tier batch; counts anthropic$/);
    const listed = await price([of({ service_tier: "batch" })], { prices: [{ match: "claude-sonnet-4-6", input: 10, output: 10 }] });
    expect(listed.map(({ price_version }) => price_version?.split(";")[0])).toEqual(priced.map(() => "claude-sonnet-4-6"));
  });

  test("splits FOCUS rows by token type, and a request whose mode nobody captured has the ordinary price", async () => {
    gateway.pricing = pricingDocument({ "claude-sonnet-4-6": { anthropic: { ...SONNET, modes: { batch: modeOfDocument({ input: "1.5", output: "7.5" }) } } } });
    const ledger = await runAt("2026-10-27T00:00:00Z", [{ ...sonnet(SMALL), dollars: 0.0045 }]);
    await exportMonth(ledger, "2026-10");
    const rows = await query(`SELECT SkuMeter AS meter, BilledCost::VARCHAR AS billed, ListUnitPrice::DOUBLE AS price FROM read_csv('${folder}/reports/2026-10/focus.csv*') ORDER BY 1`);
    expect(rows).toMatchObject([{ meter: "Input Tokens", price: 3 }, { meter: "Output Tokens", price: 15 }]);
    expect(rows.map(({ billed }) => Number(billed))).toEqual([0.003, 0.0015]);
  });

  test("is not assumed for months that were closed before it was first read", async () => {
    const pricing = gateway.pricing;
    gateway.pricing = undefined;
    const ledger = await runAt("2026-10-27T00:00:00Z", [sonnet(SMALL, "2026-09-05T12:00:00Z"), sonnet(SMALL, "2026-10-02T12:00:00Z")]);
    await closeMonth(ledger, "2026-09", { by: "eve@example.com", now: new Date("2026-10-27T00:00:00Z"), chain: [] });
    gateway.pricing = pricing;
    await runOnce(await openLedger(configOf(), services("2026-10-28T00:00:00Z")));
    expect(await kept()).toEqual([expect.stringMatching(/^_ledger\/catalogues\/prod\/2026-10-01T000000000Z-/)]);
    expect((await readPriced(folder)).map(({ cost_usd }) => cost_usd)).toEqual([null, "0.004500000"]);
  });
});

describe("without the catalogue", () => {
  const LISTED = { data: [{ id: "claude-sonnet-4-6", pricing: { input: "0.000003", output: "0.000015" }, metadata: { provider: { id: "anthropic" } } }, { id: "unpriced" }, null] };

  test.each<[string, Partial<FakeGateway>]>([
    ["the grant", { grants: new Set(["admin"]), others: { "/v1/models": LISTED } }],
    ["the API", { pricing: undefined, others: { "/v1/models": LISTED } }],
    ["prices among the models", { pricing: undefined, others: { "/v1/models": { data: [] }, "/api/providers": [{ id: "openai", models: null }, { id: "anthropic", models: [{ id: "claude-sonnet-4-6", pricing: { input: "0.000003", output: "0.000015" } }] }] } }],
  ])("a gateway without %s gives the prices that it lists", async (_what, given) => {
    Object.assign(gateway, given);
    const [priced] = await price([sonnet(SMALL)]);
    expect(priced).toMatchObject({ cost_usd: "0.004500000", cost_basis: MODEL, price_version: expect.stringMatching(/ in the list of (?:models|providers) of 2026-10-27T/) as string });
  });

  test("a list does not take the place of a catalogue that was kept", async () => {
    await refreshAt("2026-10-01T00:00:00Z");
    Object.assign(gateway, { grants: new Set(["admin"]), others: { "/v1/models": { data: [{ ...LISTED.data[0], pricing: { input: "1" } }] } } });
    await refreshAt("2026-10-02T00:00:00Z");
    expect(await kept()).toHaveLength(1);
  });

  test("`none` asks for no prices, and uses none that are kept", async () => {
    await refreshAt("2026-10-01T00:00:00Z");
    gateway.asked = [];
    const [priced] = await price([sonnet(SMALL)], { aperture: { config: gateway.url, prices: "none" } });
    expect(priced).toMatchObject({ cost_usd: null });
    expect(gateway.asked).toEqual(["GET /aperture/config 304"]);
  });
});

describe("a gateway that is", () => {
  const TROUBLES: [string, FakeGateway["instead"]][] = [
    ["slow", (_, response) => void response.write("{")],
    ["wrong", (_, response) => response.end('{"error": "boom"}')],
    ["in another currency", (_, response) => response.end(JSON.stringify({ ...pricingDocument({}), currency: "EUR", config: CONFIG }))],
    ["huge", (_, response) => response.end(" ".repeat(200_000))],
    ["redirecting", (_, response) => response.writeHead(307, { location: "http://example.com/" }).end()],
    ["down", (request) => void request.destroy()],
    ["failing", (_, response) => response.writeHead(500, { "content-type": "application/problem+json" }).end('{"title": "Internal Server Error"}')],
  ];
  test.each(TROUBLES)("%s keeps nothing from running, and the last configuration and prices count", async (_what, trouble) => {
    await refreshAt("2026-10-01T00:00:00Z");
    const before = await keysOf(lake, "_ledger/");
    gateway.instead = trouble;
    await refreshAt("2026-10-02T00:00:00Z", { milliseconds: 200, mostBytes: 100_000 });
    expect(await keysOf(lake, "_ledger/")).toEqual(before);
    expect(logged.filter((line) => line.includes("the gateway's prices cannot be read; the prices of the last reading are used"))).toHaveLength(1);
  });

  test("never able to give prices leaves what has no estimate unpriced", async () => {
    gateway.instead = (request, response) => (request.url === "/aperture/config" ? response.end(JSON.stringify({ config: CONFIG })) : response.writeHead(500).end());
    expect(await price([sonnet(SMALL)])).toMatchObject([{ cost_usd: null }]);
    expect(logged).toContain("the gateway's prices cannot be read; requests without an estimate and without a price in the list stay unpriced");
  });

  test("asked by an official address is only read", async () => {
    await price([sonnet(SMALL)]);
    expect(gateway.asked.map((line) => line.split(" ")[0])).toEqual(gateway.asked.map(() => "GET"));
    expect(readdirSync(join(folder, "_ledger/catalogues"))).toEqual(["prod"]);
    expect(layout.catalogue("prod", null, "0123456789abcdef")).toBe("_ledger/catalogues/prod/always-0123456789abcdef.json");
  });
});
