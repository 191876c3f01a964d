import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import type { GatewayProvider, ProviderHistory } from "../../src/ledger/gateway/gateway-providers.ts";
import { parseModelName } from "../../src/ledger/names/model-name.ts";
import { providerIdentifier } from "../../src/ingest/normaliser/provider.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { sampleRequest } from "./sample-request.ts";

function identify(known: Partial<RecordedRequest>, gateway: readonly GatewayProvider[] | null) {
  return identifyBy(gateway === null ? [] : [{ from: null, providers: gateway }], known);
}

function identifyBy(history: ProviderHistory, known: Partial<RecordedRequest>) {
  const request = sampleRequest(known);
  return providerIdentifier(history)(request, parseModelName(request.model).prefix);
}

function provider(id: string, known: Partial<GatewayProvider> = {}): GatewayProvider {
  return { id, authMode: "override", models: ["gpt-5"], tailnet: false, disabled: false, preference: 0, ...known };
}

describe("without the gateway's configuration", () => {
  it.each<[string, Partial<RecordedRequest>, string]>([
    ["the model's prefix", { model: "openrouter/anthropic/claude", costBasis: "anthropic/claude", apiType: "ant_messages" }, "openrouter"],
    ["the service of the price", { model: "claude", costBasis: "vertex/claude", path: "/v1/messages", apiType: "ant_messages" }, "vertex"],
    ["a service in a region", { costBasis: "bedrock-eu/claude" }, "bedrock"],
    ["a service in another region", { costBasis: "azure-eu/gpt-5" }, "azure"],
    ["a service whose name ends alike", { costBasis: "mybedrock-us/x" }, "mybedrock-us"],
    ["a service alone", { costBasis: "openai" }, "openai"],
    ["a path of Bedrock", { path: "/bedrock/model/x/invoke", apiType: "ant_messages" }, "bedrock"],
    ["a path of Vertex", { path: "/v1/projects/p/locations/l/publishers/anthropic/models/claude:rawPredict" }, "vertex"],
    ["a path of Gemini", { path: "/v1beta/models/gemini-2.5-pro:generateContent" }, "google"],
    ["Anthropic's dialect", { path: "/v1/messages", apiType: "ant_messages" }, "anthropic"],
    ["the dialect of responses", { apiType: "oai_responses" }, "openai"],
    ["Gemini's dialect", { apiType: "gemini_generate_content" }, "google"],
    ["a dialect that everybody speaks", { apiType: "oai_completions", path: "/v1/chat/completions" }, "unknown"],
    ["an empty cost basis", { costBasis: "" }, "unknown"],
    ["nothing", {}, "unknown"],
  ])("the provider is told by %s", (_, known, expected) => {
    expect(identify(known, null)).toMatchObject({ provider: expected, billing: "metered" });
  });
});

describeWithFixtures("with a gateway's configuration", () => {
  const gateway = parseGatewayProviders(readFileSync(fixture("aperture-config.hujson") ?? "", "utf8"), "the configuration");

  it.each<[string, Partial<RecordedRequest>, string, string]>([
    ["an addressed provider", { model: "openai/gpt-5" }, "openai", "metered"],
    ["the callers' own subscriptions", { model: "anthropic-passthrough/claude-opus-4-8" }, "anthropic-passthrough", "subscription"],
    ["a provider inside the tailnet", { model: "private-llm/qwen3-coder-30b" }, "private-llm", "self_hosted"],
    ["an addressed provider, whatever the price says", { model: "bedrock/x", costBasis: "anthropic/x" }, "bedrock", "metered"],
    ["a bare name that one provider serves", { model: "qwen3-coder-30b" }, "private-llm", "self_hosted"],
    ["a bare name in Bedrock's spelling", { model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" }, "bedrock", "metered"],
    ["a bare name that two serve: the preferred one", { model: "claude-opus-4-8" }, "anthropic", "metered"],
    ["a bare name that nobody serves", { model: "gpt-4o", costBasis: "azure/gpt-4o" }, "azure", "metered"],
    ["a prefix that is not configured", { model: "mistral/mistral-large" }, "mistral", "metered"],
  ])("%s", (_, known, expected, billing) => {
    expect(identify(known, gateway)).toMatchObject({ provider: expected, billing });
  });
});

describe("of several providers of a bare name", () => {
  it("the most preferred serves, then the first", () => {
    expect(identify({ model: "gpt-5" }, [provider("a"), provider("b", { preference: 2 }), provider("c", { preference: 1 })]).provider).toBe("b");
    expect(identify({ model: "gpt-5" }, [provider("a"), provider("b")]).provider).toBe("a");
  });

  it("one that is disabled serves only where no other can have", () => {
    const disabled = provider("a", { preference: 9, disabled: true });
    expect(identify({ model: "gpt-5" }, [disabled, provider("b")]).provider).toBe("b");
    expect(identify({ model: "gpt-5" }, [disabled]).provider).toBe("a");
    expect(identify({ model: "a/gpt-5" }, [disabled, provider("b")]).provider).toBe("a");
  });

  it("one without credentials is our own", () => {
    expect(identify({ model: "gpt-5" }, [provider("a", { authMode: "none" })]).billing).toBe("self_hosted");
    expect(identify({ model: "gpt-5" }, [provider("a", { authMode: "passthrough", tailnet: true })]).billing).toBe("subscription");
  });

  it("one may list names that have a slash in them", () => {
    expect(identify({ model: "meta-llama/llama-3" }, [provider("router", { models: ["meta-llama/llama-3"] })]).provider).toBe("router");
  });
});

describe("of several configurations, the one in force at the time of the request decides", () => {
  const changed = Date.UTC(2026, 9, 10, 9);
  const HISTORY: ProviderHistory = [
    { from: null, providers: [provider("plan"), provider("a")] },
    { from: changed, providers: [provider("plan", { authMode: "passthrough" }), provider("b")] },
  ];

  it.each<[string, number, string]>([
    ["long before", Date.UTC(2020, 0, 1) * 1000, "metered"],
    ["a microsecond before", changed * 1000 - 1, "metered"],
    ["in the same microsecond", changed * 1000, "subscription"],
    ["long after", Date.UTC(2030, 0, 1) * 1000, "subscription"],
  ])("for who pays: %s", (_, ts, billing) => {
    expect(identifyBy(HISTORY, { model: "plan/x", ts })).toMatchObject({ provider: "plan", billing });
  });

  it("for which provider serves a bare name", () => {
    const only = HISTORY.map(({ from, providers }) => ({ from, providers: providers.slice(1) }));
    expect(identifyBy(only, { model: "gpt-5", ts: changed * 1000 - 1 }).provider).toBe("a");
    expect(identifyBy(only, { model: "gpt-5", ts: changed * 1000 }).provider).toBe("b");
  });

  it("for any history and any time", () => {
    const modes = fc.constantFrom<GatewayProvider["authMode"]>("override", "passthrough", "none");
    const starts = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(starts, fc.array(modes, { minLength: 6, maxLength: 6 }), fc.integer({ min: 0, max: 60_000 }), (times, auth, ts) => {
      const sorted = times.toSorted((a, b) => a - b);
      const history = sorted.map((from, index) => ({ from: index === 0 ? null : from, providers: [provider("p", { authMode: auth[index] ?? "none" })] }));
      const current = Math.max(0, sorted.filter((from) => from * 1000 <= ts).length - 1);
      const expected = { override: "metered", passthrough: "subscription", none: "self_hosted" }[auth[current]!];
      expect(identifyBy(history, { model: "p/m", ts }).billing).toBe(expected);
    }));
  });
});
