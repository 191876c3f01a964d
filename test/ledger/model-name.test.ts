import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseModelName } from "../../src/ledger/names/model-name.ts";

it.each([
  ["claude-sonnet-4-6", null, "claude-sonnet-4-6"],
  ["anthropic/claude-sonnet-4-6", "anthropic", "claude-sonnet-4-6"],
  ["anthropic/claude-haiku-4-5-20251001", "anthropic", "claude-haiku-4-5"],
  ["openrouter/anthropic/claude-sonnet-4.5", "openrouter", "claude-sonnet-4.5"],
  ["openrouter/deepseek/deepseek-chat-v3", "openrouter", "deepseek-chat-v3"],
  ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", null, "claude-sonnet-4-5"],
  ["us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", null, "claude-sonnet-4-5"],
  ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", null, "claude-sonnet-4-5"],
  ["global.anthropic.claude-sonnet-4-5-20250929-v1:0", null, "claude-sonnet-4-5"],
  ["bedrock/apac.anthropic.claude-3-haiku-20240307-v1:0:200k", "bedrock", "claude-3-haiku"],
  ["anthropic.claude-opus-4-1-20250805-v1:0", null, "claude-opus-4-1"],
  ["amazon.titan-text-express-v1", null, "titan-text-express-v1"],
  ["amazon.titan-embed-text-v2:0", null, "titan-embed-text-v2"],
  ["mistral.mistral-7b-instruct-v0:2", null, "mistral-7b-instruct-v0.2"],
  ["cohere.rerank-v3-5:0", null, "rerank-v3-5"],
  // regions and vendors are open sets; what has no vendor's shape keeps its dots
  ["somewhere.newvendor.model-x-v1:0", null, "model-x"],
  ["mx-central.newvendor.model-x", null, "model-x"],
  ["gpt-4.1", null, "gpt-4.1"],
  ["xai/grok-4.20", "xai", "grok-4.20"],
  ["qwen2.5-coder", null, "qwen2.5-coder"],
  ["v0-1.5-md", null, "v0-1.5-md"],
  // escaped, once or twice; what is no escape stays
  ["us.anthropic.claude-sonnet-4-5-20250929-v1%3A0", null, "claude-sonnet-4-5"],
  ["bedrock%2Fus.anthropic.claude-sonnet-4-5-20250929-v1%253a0", "bedrock", "claude-sonnet-4-5"],
  ["model-100%", null, "model-100%"],
  ["model-%FF", null, "model-%FF"],
  // a variant stays when the date before it goes
  ["anthropic/claude-sonnet-4-5-20250929[1m]", "anthropic", "claude-sonnet-4-5[1m]"],
  ["openrouter/anthropic/claude-3.7-sonnet-20250219:thinking", "openrouter", "claude-3.7-sonnet:thinking"],
  ["ft:gpt-4o-2024-08-06:acme::a1", null, "ft:gpt-4o-2024-08-06:acme::a1"],
  ["us.meta.llama3-3-70b-instruct-v1:0", null, "llama3-3-70b-instruct"],
  ["claude-sonnet-4-5@20250929", null, "claude-sonnet-4-5"],
  ["vertex/claude-sonnet-4-5@20250929", "vertex", "claude-sonnet-4-5"],
  ["gpt-4o-2024-08-06", null, "gpt-4o"],
  ["openai/gpt-5-2025-08-07", "openai", "gpt-5"],
  ["gpt-5-mini", null, "gpt-5-mini"],
  ["openai.gpt-oss-120b-1:0", null, "gpt-oss-120b"],
  ["us.deepseek.r1-v1:0", null, "deepseek.r1"],
  ["deepseek.v3-v1:0", null, "deepseek.v3"],
  ["deepseek-v3", null, "deepseek-v3"],
  ["gemini-2.5-pro", null, "gemini-2.5-pro"],
  ["gemini-2.5-pro-preview-05-06", null, "gemini-2.5-pro-preview-05-06"],
  ["model-20251332", null, "model-20251332"],
  ["model-2025-0807", null, "model-2025-0807"],
  ["us.model", null, "us.model"],
  ["arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0", null, "claude-sonnet-4-5"],
  ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20241022-v2:0", null, "claude-3-5-sonnet"],
  ["bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc123", "bedrock", "abc123"],
  ["  anthropic/claude-opus-4-8 ", "anthropic", "claude-opus-4-8"],
  ["", null, "unknown"],
  ["   ", null, "unknown"],
  ["openai/", "openai", "unknown"],
  ["/gpt-5", null, "gpt-5"],
  ["-20250929", null, "-20250929"],
])("%s", (recorded, prefix, model) => {
  expect(parseModelName(recorded)).toEqual({ prefix, model });
});

/**
 * Recorded names of public price lists as of November 2026, by who lists them and, for Bedrock, by geography, which has a
 * surcharge of its own: recorded name, plain model, dollars per million tokens of input and output, with those of a longer
 * context behind a `|`. Names without a token price have the price of their unit, as `input`.
 */
const LISTED = readFileSync(join(import.meta.dirname, "listed-models.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t") as [provider: string, recorded: string, plain: string, input: string, output: string]);

describe(`the names of ${LISTED.length} list prices`, () => {
  test("have the plain model that the table states, also with their provider in front", () => {
    for (const [provider, recorded, plain] of LISTED) {
      expect(parseModelName(`${provider}/${recorded}`), recorded).toEqual({ prefix: provider, model: plain });
    }
  });

  test("become one model only where the price is the same", () => {
    const byModel = Map.groupBy(LISTED, ([provider, , plain]) => `${provider} ${plain}`);
    const merged = [...byModel.values()].filter((rows) => new Set(rows.map(([, , , input, output]) => `${input} ${output}`)).size > 1);
    expect(merged).toEqual([]);
    expect([...byModel.values()].filter((rows) => rows.length > 1).length).toBeGreaterThan(20);
  });
});

describe("any name", () => {
  const part = fc.stringMatching(/^[abv019.:@%[\]-]{0,14}$/);
  const name = fc.oneof(part, fc.tuple(part, part, part).map((parts) => parts.join("/")), fc.string());

  test("has a plain name", () => {
    fc.assert(
      fc.property(name, (recorded) => {
        expect(parseModelName(recorded).model).not.toBe("");
      }),
    );
  });

  test("of 64 KiB is read, whatever a client writes", () => {
    for (const piece of ["[", "[a", "%25", "%2525", "a.", "a-", "-v1", ":1", "-1", "@", "/", "models/"]) {
      expect(parseModelName(piece.repeat(65_536 / piece.length)).model).not.toBe("");
    }
  });

  test("of Bedrock is the same model under every region and escape", () => {
    const region = fc.stringMatching(/^[a-z]{2,6}(-[a-z][a-z0-9]{0,8}(-[0-9])?)?$/);
    const vendor = fc.stringMatching(/^[a-z][a-z0-9]{2,8}$/);
    const model = fc.stringMatching(/^[a-z]{3,6}-[a-z]{2,5}(-[2-9]b)?$/);
    fc.assert(
      fc.property(region, vendor, model, fc.constantFrom("", "-v1:0", "-20250929-v1:0", "-20250929-v2:0"), (place, maker, plain, revision) => {
        const spelled = `${maker}.${plain}${revision}`;
        for (const recorded of [spelled, `${place}.${spelled}`, encodeURIComponent(`${place}.${spelled}`), `arn:aws:bedrock:x:1:inference-profile/${place}.${spelled}`]) {
          expect(parseModelName(recorded).model, recorded).toBe(plain);
        }
      }),
    );
  });

  test.each([
    ["us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"],
    ["global.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5[1m]"],
    ["ap-southeast-2.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"],
    ["us-gov-west-1.amazon.titan-embed-text-v1", "titan-embed-text-v1"],
  ])("of Bedrock: %s is %s", (recorded, model) => {
    expect(parseModelName(recorded).model).toBe(model);
  });

  test("of Bedrock keeps a version that is not the first", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 99 }), fc.constantFrom("", ":0"), (version, revision) => {
        expect(parseModelName(`amazon.titan-embed-text-v${version}${revision}`).model).toBe(`titan-embed-text-v${version}`);
      }),
    );
  });
});
