import { describe, expect, test } from "vitest";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { type Gateway, type Priced, priceRequests, provider, type Request } from "./price-requests.ts";

const THOUSAND = { usage: { input_tokens: 1000 } };

async function priceOne(model: string, entries: readonly PriceEntry[], gateway: Gateway = {}, more: Partial<Request> = {}): Promise<Priced> {
  const [priced] = await priceRequests([{ model, ...THOUSAND, ...more }], entries, gateway);
  return priced!;
}

describe("the list is matched by", () => {
  test.each([
    ["acme/m-1", "acme/m-1", "acme/m-1"],
    ["acme/m-1", "acme/*", "acme/m-1"],
    ["acme/m-1", "*/m-?", "acme/m-1"],
    ["acme/m-1", "m-1", "acme/m-1"],
    // with its revision, as recorded, before the model's own name
    ["acme/claude-x-20250929", "claude-x-2025*", "acme/claude-x-20250929"],
    ["acme/claude-x-20250929", "claude-x", "acme/claude-x"],
    ["acme/claude-x-20250929", "acme/claude-x", "acme/claude-x"],
    // a model whose name has a vendor in it
    ["router/openai/gpt-5", "router/**", "router/openai/gpt-5"],
    ["router/openai/gpt-5", "openai/gpt-5", "openai/gpt-5"],
    ["a\0b/m", "a*/m", "a\0b/m"],
  ])("%j by %j", async (model, match, basis) => {
    expect(await priceOne(model, [{ match, input: 1 }])).toMatchObject({ cost_usd: "0.001000000", cost_source: "price_list", cost_basis: basis });
  });

  test.each([["acme/m-1", "m"], ["acme/m-1", "acme"], ["acme/m-1", "other/m-1"], ["acme/m-1", "m-[0-9]"], ["m", "M"]])("%j not by %j", async (model, match) => {
    expect(await priceOne(model, [{ match, input: 1 }])).toMatchObject({ cost_usd: null, cost_source: "none" });
  });

  test("the first pattern that matches and is in force, whatever is appended behind it", async () => {
    const entries = [{ match: "acme/m", from: "2026-11-01", input: 9 }, { match: "m", input: 1 }, { match: "*", input: 2 }];
    expect((await priceOne("acme/m", entries)).cost_usd).toBe("0.001000000");
    expect((await priceOne("acme/n", entries)).cost_usd).toBe("0.002000000");
    expect((await priceOne("acme/m", [...entries, { match: "acme/m", from: "2026-10-05", input: 7 }])).cost_usd).toBe("0.007000000");
  });

  test.each([
    // the entry for the name as recorded, wherever it stands
    ["gpt-4o-2024-05-13", ["gpt-4o", "gpt-4o-2024-05-13"], 1],
    ["openai/gpt-4o-2024-05-13", ["openai/gpt-4o", "gpt-4o-2024-05-13"], 1],
    ["gpt-4o-2024-08-06", ["gpt-4o", "gpt-4o-2024-05-13"], 0],
    ["au.anthropic.claude-x-4-5-20250929-v1:0", ["claude-x-4-5", "au.anthropic.claude-x-4-5-20250929-v1:0"], 1],
    ["eu.anthropic.claude-x-4-5-20250929-v1:0", ["claude-x-4-5", "au.anthropic.claude-x-4-5-20250929-v1:0"], 0],
    ["bedrock/au.anthropic.claude-x-4-5-20250929-v1:0", ["claude-x-4-5", "au.anthropic.*"], 1],
    // escaped as recorded, or written out
    ["au.anthropic.claude-x-4-5-v1%3A0", ["claude-x-4-5", "au.anthropic.claude-x-4-5-v1:0"], 1],
    ["au.anthropic.claude-x-4-5-v1%3A0", ["claude-x-4-5", "au.anthropic.claude-x-4-5-v1%3A0"], 1],
    // without the vendor that stands in front
    ["router/openai/gpt-4o-2024-08-06", ["gpt-4o", "gpt-4o-2024-08-06"], 1],
    ["fireworks/accounts/fireworks/models/llama-3-8b", ["fireworks/llama-3-8b"], 0],
    // but with it first, wherever that entry stands: it says more of the request
    ["azure/eu/gpt-4o-2024-08-06", ["gpt-4o-2024-08-06", "*/eu/gpt-4o-2024-08-06"], 1],
    ["azure/eu/gpt-4o-2024-08-06", ["gpt-4o", "gpt-4o-2024-08-06", "eu/gpt-4o-*"], 2],
    ["azure/us/gpt-4o-2024-08-06", ["gpt-4o", "gpt-4o-2024-08-06", "eu/gpt-4o-*"], 1],
    ["accounts/fireworks/models/llama-3-8b", ["llama-3-8b", "accounts/fireworks/models/llama-3-8b"], 1],
    ["fireworks/accounts%2Ffireworks%2Fmodels%2Fllama-3-8b", ["llama-3-8b", "accounts/fireworks/models/llama-3-8b"], 1],
    ["router/openai/gpt-5", ["gpt-5", "router/openai/*"], 1],
    // of several entries for the recorded name the first
    ["gpt-4o-2024-05-13", ["gpt-4o", "gpt-4o-*", "gpt-4o-2024-05-13"], 1],
  ])("%j as recorded before its plain name: of %j the one at %i", async (model, matches, index) => {
    const entries = matches.map((match, at) => ({ match, input: at + 1 }));
    expect((await priceOne(model, entries)).cost_usd).toBe(`0.00${index + 1}000000`);
  });

  test("an entry for the recorded name from its first day on, and not before", async () => {
    const entries = [{ match: "gpt-4o", input: 1 }, { match: "gpt-4o-2024-08-06", from: "2026-10-06", input: 2 }];
    expect((await priceOne("gpt-4o-2024-08-06", entries)).cost_usd).toBe("0.001000000");
    expect((await priceOne("gpt-4o-2024-08-06", entries, {}, { at: "2026-10-06T00:00:00Z" })).cost_usd).toBe("0.002000000");
  });

  test("names the entry in price_version, and keeps who pays unless the entry says otherwise", async () => {
    const gateway = { kept: [{ taken_at: "2026-10-01T00:00:00Z", providers: [provider("own", { tailnet: true }), provider("rented")] }] };
    const entries: PriceEntry[] = [{ match: "rented/**", from: "2026-10-01", input: 1, billing: "self_hosted" }, { match: "**", input: 1 }];
    expect(await priceOne("own/m", entries, gateway)).toMatchObject({ billing: "self_hosted", price_version: "**; counts: assumed" });
    expect(await priceOne("rented/m", entries, gateway, { api_type: "oai_completions" })).toMatchObject({
      billing: "self_hosted",
      price_version: "rented/** from 2026-10-01; counts openai",
    });
    expect(await priceOne("third/m", entries, gateway)).toMatchObject({ billing: "metered" });
  });
});

describe("the gateway's own rules", () => {
  const mapped = (adjustment = 1): Gateway => ({
    kept: [
      {
        taken_at: "2026-10-01T00:00:00Z",
        providers: [
          provider("azure", { costBasis: "azure-eu", modelCostMap: [{ match: "team-*", as: "gpt-5", adjustment }, { match: "**", as: "", adjustment: 2 }] }),
        ],
      },
    ],
  });

  test("give a model another one's price, times their adjustment", async () => {
    const entries = [{ match: "gpt-5", input: 3 }, { match: "azure/team-a", input: 100 }];
    expect(await priceOne("azure/team-a", entries, mapped(1.1))).toMatchObject({
      cost_usd: "0.003300000",
      cost_basis: "azure/gpt-5",
      price_version: "gpt-5; map team-* as gpt-5 x1.1; counts: assumed",
    });
  });

  test("may name the other model with its provider", async () => {
    const kept = [{ taken_at: "2026-10-01T00:00:00Z", providers: [provider("own", { modelCostMap: [{ match: "*", as: "openai/gpt-5", adjustment: 1 }] })] }];
    for (const [match, basis] of [["openai/gpt-5", "openai/gpt-5"], ["gpt-5", "own/gpt-5"]] as const) {
      expect(await priceOne("own/x", [{ match, input: 3 }], { kept })).toMatchObject({ cost_usd: "0.003000000", cost_basis: basis });
    }
  });

  test("mean the other model with what stands in front of it before the same without", async () => {
    const kept = [{ taken_at: "2026-10-01T00:00:00Z", providers: [provider("own", { modelCostMap: [{ match: "*", as: "azure/eu/gpt-5", adjustment: 1 }] })] }];
    const entries = [{ match: "gpt-5", input: 1 }, { match: "azure/eu/gpt-5", input: 2 }];
    expect(await priceOne("own/x", entries, { kept })).toMatchObject({ cost_usd: "0.002000000", cost_basis: "azure/eu/gpt-5" });
  });

  test("are tried in order, and without another name adjust the model's own price", async () => {
    expect(await priceOne("azure/other", [{ match: "other", input: 3 }], mapped())).toMatchObject({
      cost_usd: "0.006000000",
      price_version: "other; map ** x2; counts: assumed",
    });
  });

  test("name the service whose price it is", async () => {
    expect(await priceOne("azure/team-a", [{ match: "azure-eu/gpt-5", input: 5 }], mapped())).toMatchObject({ cost_usd: "0.005000000", cost_basis: "azure-eu/gpt-5" });
  });

  test("are those of the request's time; what was kept before prices were read says nothing of them", async () => {
    const at = (taken_at: string, adjustment: number): NonNullable<Gateway["kept"]>[number] => ({
      taken_at,
      providers: [provider("azure", { modelCostMap: [{ match: "*", as: "gpt-5", adjustment }] })],
    });
    const older = { taken_at: "2026-10-01T00:00:00Z", providers: [provider("azure", { modelCostMap: undefined })] };
    const kept = [older, at("2026-10-03T00:00:00Z", 1), at("2026-10-05T12:00:00Z", 10)];
    const times = ["2026-10-02T00:00:00Z", "2026-10-05T11:59:59.999999Z", "2026-10-05T12:00:00Z"];
    const priced = await priceRequests(times.map((time) => ({ model: "azure/x", at: time, ...THOUSAND })), [{ match: "gpt-5", input: 1 }], { kept });
    expect(priced.map(({ cost_usd }) => cost_usd)).toEqual(["0.001000000", "0.001000000", "0.010000000"]);
  });

  test("an adjustment beyond what can be reckoned with prices nothing", async () => {
    expect(await priceOne("azure/team-a", [{ match: "gpt-5", input: 1_000_000, adjustment: 1000 }], mapped(1_000_000))).toMatchObject({ cost_source: "none" });
  });
});

describe("a dated price", () => {
  const entries = [{ match: "m", input: 1 }, { match: "m", from: "2026-10-05", input: 2 }, { match: "m", from: "2026-10-04", input: 3 }];

  test.each([
    ["UTC", "2026-10-03T23:59:59.999999Z", "0.001000000"],
    ["UTC", "2026-10-04T00:00:00Z", "0.003000000"],
    ["UTC", "2026-10-05T00:00:00Z", "0.002000000"],
    ["Europe/Berlin", "2026-10-04T21:59:59.999999Z", "0.003000000"],
    ["Europe/Berlin", "2026-10-04T22:00:00Z", "0.002000000"],
    ["America/New_York", "2026-10-05T03:59:59Z", "0.003000000"],
  ])("begins with its day in %s: %s costs %s", async (timezone, at, cost) => {
    expect((await priceOne("m", entries, { timezone }, { at })).cost_usd).toBe(cost);
  });

  test("that is appended for the same day replaces the one before it", async () => {
    expect((await priceOne("m", [...entries, { match: "m", from: "2026-10-05", input: 5 }])).cost_usd).toBe("0.005000000");
  });

  test("does not price what was before it", async () => {
    expect((await priceOne("m", [{ match: "m", from: "2026-10-06", input: 5 }])).cost_source).toBe("none");
  });
});
