import { describe, expect, it } from "vitest";
import { identifyAgent } from "../../src/ingest/normaliser/agent.ts";
import { type DimensionSource, headersWanted, normaliser } from "../../src/ingest/normaliser/normalise.ts";
import type { GatewayProviders } from "../../src/ledger/gateway/gateway-providers.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { digestRules } from "../../src/ingest/normaliser/rules-digest.ts";
import type { TokenCounts } from "../../src/ledger/usage/token-counts.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import { sampleRequest } from "./sample-request.ts";

const RULES = { instance: "prod", gateway: [], dimensions: new Map([["repo", "X-Github-Repository"], ["branch", "X-Branch"]]) };

function normalise(known: Partial<RecordedRequest>) {
  return normaliser("ts-aperture-export-1791500000.cbor.zstd", RULES)(sampleRequest(known));
}

describe("the agent", () => {
  it.each([
    ["claude-cli/2.1.14 (external, cli)", "claude-code"],
    ["Claude-Code/1.0", "claude-code"],
    ["codex_cli_rs/0.40.0 (Mac OS 15.1; arm64)", "codex"],
    ["codex-tui/1", "codex"],
    ["opencode/0.9", "opencode"],
    ["GeminiCLI/0.8 (linux; x64)", "gemini-cli"],
    ["GitHubCopilotChat/0.1", "githubcopilotchat"],
    ["github-copilot/1", "copilot"],
    ["python-requests/2.32", "python-requests"],
    ["curl", "curl"],
    ["OpenAI/Python 1.99", "openai"],
    ["", null],
    ["(none)", null],
    ["=cmd|calc", null],
    ["x".repeat(65), null],
  ])("of %j is %j", (userAgent, agent) => {
    expect(identifyAgent(userAgent)).toBe(agent);
  });

  it("is kept beside the header it was read from", () => {
    expect(normalise({ headers: { "user-agent": "codex_cli/1" } })).toMatchObject({ agent: "codex", userAgent: "codex_cli/1" });
    expect(normalise({})).toMatchObject({ agent: null, userAgent: null });
  });
});

describe("dimensions", () => {
  it("are read from the configured headers, sorted by name", () => {
    const { dimensions } = normalise({ headers: { "x-github-repository": "acme/web", "x-branch": "main, dev", cookie: "secret" } });
    expect(Object.entries(dimensions)).toEqual([["branch", "main, dev"], ["repo", "acme/web"]]);
  });

  it("are left out where the header is absent or empty", () => {
    expect(normalise({ headers: { "x-github-repository": "" } }).dimensions).toEqual({});
  });

  it("are none of a header that only objects have", () => {
    const named = normaliser("export", { ...RULES, dimensions: new Map([["constructor", "Constructor"]]) });
    expect([named(sampleRequest({})).dimensions, Object.entries(named(sampleRequest({ headers: { constructor: "acme" } })).dimensions)]).toEqual([{}, [["constructor", "acme"]]]);
  });

  it("are what a pattern finds in the header, beside those that take all of it", () => {
    const taken = normaliser("export", { ...RULES, dimensions: new Map<string, DimensionSource>([["branch", "X-Branch"], ["ticket", { header: "X-Branch", pattern: "[A-Z]+-[0-9]+" }]]) });
    const of = (branch: string): unknown => taken(sampleRequest({ headers: { "x-branch": branch } })).dimensions;
    expect([of("fix/ABC-123-a"), of("main"), of("DE-1/DE-2")]).toEqual([{ branch: "fix/ABC-123-a", ticket: "ABC-123" }, { branch: "main" }, { branch: "DE-1/DE-2", ticket: "DE-1" }]);
  });

  it("make exports stale when their pattern changes", () => {
    const digestOf = (source: DimensionSource): string => digestRules({ ...RULES, dimensions: new Map([["ticket", source]]) });
    const digests = [digestOf("X-Branch"), digestOf({ header: "X-Branch", pattern: "[A-Z]+" }), digestOf({ header: "X-Branch", pattern: "[a-z]+" }), digestOf({ header: "X-Other", pattern: "[a-z]+" })];
    expect(new Set(digests).size).toBe(4);
  });

  it("ask the reader for their headers in lower case, and for the user agent", () => {
    expect(headersWanted(RULES.dimensions)).toEqual(["user-agent", "x-github-repository", "x-branch"]);
  });
});

describe("a partial request", () => {
  const withTokens = (usage: Partial<TokenCounts>, statusCode = 200): boolean =>
    normalise({ usage: { ...NO_TOKENS, ...usage }, statusCode }).partial;

  it("has tokens in, none out, and a status of 200", () => {
    expect([
      withTokens({ inputTokens: 1 }), withTokens({ cachedTokens: 1 }), withTokens({ cacheWriteTokens: 1 }), withTokens({ imageInputTokens: 1 }),
    ]).toEqual([true, true, true, true]);
  });

  it("is not one that has an answer, failed, or counted nothing", () => {
    expect([
      withTokens({ inputTokens: 1, outputTokens: 1 }), withTokens({ inputTokens: 1, imageOutputTokens: 1 }),
      withTokens({ inputTokens: 1 }, 429), withTokens({ inputTokens: 1 }, 0), withTokens({}), withTokens({ reasoningTokens: 5 }),
    ]).toEqual([false, false, false, false, false, false]);
  });
});

describe("a usage record", () => {
  it("says where its cost came from, and that there is none", () => {
    expect(normalise({ cost: 0n, costBasis: "openai/gpt-5" })).toMatchObject({ cost: 0n, costSource: "aperture", costBasis: "openai/gpt-5", priceVersion: null });
    expect(normalise({ cost: null })).toMatchObject({ cost: null, costSource: "none" });
  });

  it("keeps the recorded model beside its name, and what was counted as it was", () => {
    const usage = { ...NO_TOKENS, inputTokens: 2 ** 53 - 1, webSearches: 3 };
    expect(normalise({ model: "us.anthropic.claude-opus-4-8-20260101-v1:0", usage, id: 2n ** 63n - 1n, toolCalls: 4 })).toMatchObject({
      model: "claude-opus-4-8", modelRecorded: "us.anthropic.claude-opus-4-8-20260101-v1:0", tokens: usage,
      recordId: 2n ** 63n - 1n, toolCalls: 4, instance: "prod", export: "ts-aperture-export-1791500000.cbor.zstd",
    });
  });
});

describe("the digest of the rules", () => {
  it("is that of what they say, not of how they are written", () => {
    const other = { dimensions: new Map([["branch", "X-Branch"], ["repo", "X-Github-Repository"]]), gateway: [], instance: "prod" };
    expect(digestRules(other)).toBe(digestRules(RULES));
  });

  it("does not change with how the gateway prices its models: an export is not read anew for that", () => {
    const provider = { id: "private-llm", authMode: "override", models: ["qwen3-coder-30b"], tailnet: true, disabled: false, preference: 0 } as const;
    const priced = { ...provider, costBasis: "bedrock-us", modelCostMap: [{ match: "qwen3-*", as: "qwen3-coder-30b", adjustment: 1 }] };
    const histories = [provider, { ...provider, modelCostMap: [] }, priced].map((one) => [{ from: null, providers: [one] }]);
    const later = { from: 1, providers: [priced] };
    const digests = [...histories, [...histories[0]!, later]].map((gateway) => digestRules({ ...RULES, gateway }));
    expect(new Set(digests).size).toBe(1);
  });

  it("changes with the gateway, its providers and the dimensions", () => {
    const provider = { id: "a", authMode: "override", models: [], tailnet: false, disabled: false, preference: 0 } as const;
    const first = { from: null, providers: [provider] };
    const changed: GatewayProviders = [{ ...provider, authMode: "passthrough" }];
    const digests = [
      RULES, { ...RULES, instance: "dev" }, { ...RULES, dimensions: new Map<string, string>() }, { ...RULES, gateway: [first] }, { ...RULES, gateway: [{ from: null, providers: [] }] },
      { ...RULES, gateway: [first, { from: 1, providers: changed }] }, { ...RULES, gateway: [first, { from: 2, providers: changed }] },
    ].map(digestRules);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
