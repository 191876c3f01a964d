import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import { parseHuJson } from "../../src/aperture/gateway/hujson.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { GatewayProviders } from "../../src/ledger/gateway/gateway-providers.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";

const SECRET = "sk-ant-api03-do-not-quote";

function parse(text: string): GatewayProviders {
  return parseGatewayProviders(text, "http://ai/api/config");
}

function failureOf(text: string): LedgerError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error("it was parsed");
}

describeWithFixtures("a gateway's configuration", () => {
  const text = readFileSync(fixture("aperture-config.hujson") ?? "", "utf8");

  it("gives its providers in order, with nothing secret among it", () => {
    const providers = parse(text);
    expect(providers.map(({ id }) => id)).toEqual(["anthropic", "anthropic-passthrough", "openai", "google", "bedrock", "private-llm"]);
    expect(providers[1]).toEqual({
      id: "anthropic-passthrough", authMode: "passthrough", models: ["claude-opus-4-8"], tailnet: false, disabled: false, preference: -1, modelCostMap: [],
    });
    expect(providers[4]).toMatchObject({ costBasis: "bedrock-us" });
    expect(providers.at(-1)).toMatchObject({
      authMode: "override", tailnet: true, modelCostMap: [{ match: "qwen3-*", as: "qwen3-coder-30b", adjustment: 1 }],
    });
    expect(JSON.stringify(providers)).not.toContain("redacted");
  });

  it("is the same as GET /api/config wraps it", () => {
    expect(parse(JSON.stringify({ config: text, hash: "abc" }))).toEqual(parse(text));
  });
});

describe("how a provider's models are priced", () => {
  it("is read with the gateway's own defaults", () => {
    const [provider] = parse('{"providers": {"a": {"cost_basis": "azure-eu", "model_cost_map": [{"match": "my-*", "as": "gpt-5"}, {"match": "**", "adjustment": 1.1}]}}}');
    expect(provider).toMatchObject({
      costBasis: "azure-eu",
      modelCostMap: [{ match: "my-*", as: "gpt-5", adjustment: 1 }, { match: "**", as: "", adjustment: 1.1 }],
    });
  });

  it.each(["null", "[]"])("may be given as %s", (map) => {
    expect(parse(`{"providers": {"a": {"cost_basis": null, "model_cost_map": ${map}}}}`)[0]).not.toHaveProperty("costBasis");
  });
});

describe("HuJSON", () => {
  it("is JSON with comments and trailing commas", () => {
    expect(parseHuJson('// a\n{"a": [1, 2,], /* b */ "b": {"c": null,},} // c', "it")).toEqual({ a: [1, 2], b: { c: null } });
  });

  it("may have slashes and commas in its texts", () => {
    expect(parseHuJson('{"url": "http://x//y,]", "q": "/* no */",}', "it")).toEqual({ url: "http://x//y,]", q: "/* no */" });
  });
});

describe("a configuration that cannot be read", () => {
  it.each([
    ["an open brace", '{\n  "providers": {\n    "a": {"models": ["x"}\n  }\n}', "line 3, column 25"],
    ["an open text", '{"providers": {"a": {"apikey": "x', "line 1, column 32"],
    ["a missing comma", '{\r\n  "a": 1\r\n  "b": 2}', "line 3, column 3"],
    ["nothing", "", "line 1, column 1"],
    ["an error page", "<html>", "line 1, column 1"],
  ])("says where: %s", (_, text, place) => {
    const { code, message, remedy } = failureOf(text);
    expect({ code, message }).toEqual({ code: "gateway_config_invalid", message: expect.stringContaining(`at ${place}`) as unknown });
    expect(message).toContain("http://ai/api/config");
    expect(remedy).not.toBe("");
  });

  it("says where in the text that is wrapped", () => {
    expect(failureOf(JSON.stringify({ config: '{\n "providers": }', hash: "x" })).message).toContain("line 2, column 15");
  });

  it.each([
    ["before the mistake", `{"providers": {"a": {"apikey": "${SECRET}" "models": []}}}`],
    ["behind it", `{"providers": {"a": {"models" [], "apikey": "${SECRET}"}}}`],
    ["not quoted", `{"providers": {"a": {"apikey": ${SECRET}}}}`],
    ["not closed", `{"providers": {"a": {"apikey": "${SECRET}`],
    ["where a list belongs", `{"providers": {"a": {"models": "${SECRET}"}}}`],
    ["where a mode belongs", `{"providers": {"a": {"auth_mode": "${SECRET}"}}}`],
    ["where a provider belongs", `{"providers": {"a": "${SECRET}"}}`],
    ["wrapped", JSON.stringify({ config: `{"providers": {"a": {"apikey": ${SECRET}}}}`, hash: "x" })],
  ])("never quotes a credential: %s", (_, text) => {
    const error = failureOf(text);
    const told = JSON.stringify([error.message, error.remedy, error.stack, String(error.cause)]);
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain("do-not-quote");
  });

  it("names the provider and the key that are wrong", () => {
    const { message } = failureOf('{"providers": {"mine": {"preference": "high"}}}');
    expect(message).toContain("providers.mine.preference");
  });
});

describe("a provider", () => {
  it("has defaults for what is not written", () => {
    expect(parse('{"providers": {"a": {"auth_mode": ""}}}')).toEqual([
      { id: "a", authMode: "override", models: [], tailnet: false, disabled: false, preference: 0, modelCostMap: [] },
    ]);
    expect(parse("{}")).toEqual([]);
  });
});
