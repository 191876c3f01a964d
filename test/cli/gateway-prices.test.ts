import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FakeGateway, pricingDocument, startGateway } from "../fake-gateway.ts";
import { addExport, type Request } from "../prices/price-requests.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

const MODELS = { "claude-sonnet-4-6": { anthropic: { input: "3", output: "15" } } };

/** A configuration file of a gateway with these requests, and the options that name it. */
function configured(gateway: FakeGateway, requests: readonly Request[], more = ""): string[] {
  const [source, lake, place] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  if (requests.length > 0) addExport(source, requests);
  const file = join(place, "aperture-ledger.yaml");
  writeFileSync(file, `sources: [{name: prod, url: "${source}"}]\nlake: "${lake}"\naperture: {config: "${gateway.url}"}\n${more}`);
  return ["--config", file];
}

async function doctor(gateway: FakeGateway): Promise<string> {
  const { stdout } = await call(["doctor", ...configured(gateway, [])]);
  return stdout.split(/\n(?=\S)/).filter((finding) => /^\w+ +gateway prices/.test(finding)).join("\n");
}

test("doctor says what the gateway's catalogue has, and without the grant in one sentence how to give it", async () => {
  const gateway = await startGateway({ pricing: pricingDocument({ ...MODELS, m: { bedrock: { input: "1", modes: { turbo: { effective_pricing: { input: "2" } } } } } }) });
  expect(await doctor(gateway)).toBe([
    `ok        gateway prices: 2 models have prices in ${gateway.url}/aperture/pricing, for anthropic, bedrock`,
    "attention gateway prices: prices of request modes that this version does not know are left out: turbo",
    "          → report their names",
  ].join("\n"));
  Object.assign(gateway, { grants: new Set(["admin"]), others: { "/v1/models": { data: [{ id: "anthropic/m", pricing: { input: "0.000001" } }] } } });
  expect(await doctor(gateway)).toBe([
    `attention gateway prices: the gateway's price catalogue at ${gateway.url}/aperture/pricing cannot be read: HTTP 403 Forbidden: an explicit read_pricing grant is required`,
    '          → add {"read_pricing": true} under "tailscale.com/cap/aperture" to a grant whose src is this machine\'s user or tag, in the gateway\'s configuration or the tailnet policy',
    "ok        gateway prices: 1 model has a price in the gateway's list of models, GET /v1/models, for anthropic",
  ].join("\n"));
});

test("prices check says of each model how many estimates the catalogue does not come to, and by how much", async () => {
  const gateway = await startGateway({ pricing: pricingDocument(MODELS) });
  const of = (dollars: number, model = "claude-sonnet-4-6"): Request => ({ model: `anthropic/${model}`, api_type: "ant_messages", usage: { input_tokens: 1000, output_tokens: 100 }, dollars, cost_basis: `anthropic/${model}` });
  // 1,000 × $3 and 100 × $15 a million are $0.0045; the third was estimated $0.000000002 higher.
  const options = configured(gateway, [of(0.0045), of(0.0045), of(0.004500002), of(1, "unknown")]);
  expect((await call(["run", ...options])).code).toBe(0);
  const { stdout } = await call(["prices", "check", "--exact", ...options]);
  expect(stdout.split("\n").slice(0, 2)).toEqual([
    "catalogue: anthropic/claude-sonnet-4-6: 1 of 3 requests are not reproduced, recorded $0.013500002, catalogue $0.013500000, difference $0.000000002",
    expect.stringMatching(/^ {2}anthropic\/claude-sonnet-4-6 in the catalogue of .*; counts anthropic \(ant_messages\): 3 requests/) as string,
  ]);
  expect(stdout).toContain("catalogue: anthropic/unknown: no price for 1 requests, recorded $1.000000000\n");
  const { code, stdout: json } = await call(["prices", "check", "--json", "--strict", ...options]);
  expect(code).toBe(3);
  expect(JSON.parse(json)).toMatchObject({ models: [], catalogue: [{ model: "claude-sonnet-4-6", requests: 3, differing_requests: 1, drift_usd: "0.000000002" }, { model: "unknown", uncovered_requests: 1 }] });
});
