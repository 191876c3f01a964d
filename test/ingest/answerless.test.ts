import { describe, expect, test } from "vitest";
import { normaliser } from "../../src/ingest/normaliser/normalise.ts";
import type { RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";
import { sampleRequest } from "./sample-request.ts";

const normalise = normaliser("ts-aperture-export-1791500000.cbor.zstd", { instance: "prod", gateway: [], dimensions: new Map() });

/** 90,000 tokens in and nothing out. */
function ask(known: Partial<RecordedRequest>, out: Partial<RecordedRequest["usage"]> = {}): UsageRecord {
  return normalise(sampleRequest({ usage: { ...NO_TOKENS, inputTokens: 90_000, ...out }, ...known }));
}

const COUNTING: [path: string | null, apiType: string | null, model: string][] = [
  ["/v1/messages/count_tokens", "ant_messages", "claude-sonnet-4-6"],
  ["/v1/messages/count_tokens?beta=true", "ant_messages", "anthropic/claude-sonnet-4-6"],
  ["/v1/messages/count_tokens/", null, "claude-sonnet-4-6"],
  ["/v1beta/models/gemini-2.5-pro:countTokens", "gemini_generate_content", "gemini-2.5-pro"],
  ["/v1beta/models/gemini-2.5-pro%3AcountTokens", "gemini_generate_content", "gemini-2.5-pro"],
  ["/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:computeTokens", "vertex_generate_content", "gemini-2.5-pro"],
  ["/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict", "vertex_raw_predict", "claude-sonnet-4-5@20250929"],
  ["/bedrock/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens", "bedrock_converse", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["/v1/responses/input_tokens", "oai_responses", "gpt-5"],
  ["/v1beta2/models/text-bison-001:countTextTokens", null, "text-bison-001"],
  ["/v1beta2/models/chat-bison-001:countMessageTokens", null, "chat-bison-001"],
  ["/v1/tokenize", null, "command-a-03-2025"],
  ["/tokenize", "oai_completions", "qwen3-coder"],
  ["/v1/tokenize-text", null, "xai/grok-4"],
  ["/v1/tokenizers/estimate-token-count", null, "kimi-k2"],
  [null, "ant_count_tokens", "claude-sonnet-4-6"],
  [null, "gemini_countTokens", "gemini-2.5-pro"],
  [null, "bedrock_count_tokens", "claude-sonnet-4-6"],
  [null, "vertex_raw_predict", "count-tokens"],
];

const WITHOUT_ANSWER: typeof COUNTING = [
  ["/v1beta2/models/x:embedText", null, "x"],
  ["/embed_sparse", null, "x"],
  ["/v1/embeddings/multimodal", null, "x"],
  ["/v1/reranking", null, "x"],
  ["/v1/score", null, "x"],
  ["/v1/classify", null, "x"],
  ["/v1/embeddings", "oai_embeddings", "text-embedding-3-small"],
  ["/openai/deployments/team-a/embeddings?api-version=2024-10-21", null, "team-a"],
  ["/v1/embed", null, "cohere/embed-v4.0"],
  ["/v2/embed", null, "command-x"],
  ["/api/embed", null, "nomic"],
  ["/v1/contextualizedembeddings", null, "x"],
  ["/v1beta/models/gemini-embedding-001:embedContent", "gemini_embed_content", "gemini-embedding-001"],
  ["/v1beta/models/x:batchEmbedContents", "gemini_x", "x"],
  ["/model/amazon.titan-embed-text-v2:0/invoke", "bedrock_model_invoke", "amazon.titan-embed-text-v2:0"],
  ["/model/cohere.rerank-v3-5:0/invoke", "bedrock_model_invoke", "cohere.rerank-v3-5:0"],
  ["/v1/rerank", null, "x"],
  ["/v2/rerank", null, "rerank-v3.5"],
  ["/v1/projects/p/locations/l/rankingConfigs/c:rank", null, "semantic-ranker-512"],
  ["/v1/moderations", "oai_moderations", "omni-moderation-latest"],
  ["/v1/chat/moderations", null, "mistral/x"],
  ["/v1/classifications", null, "mistral/x"],
  // the path leaves it open, or says that nothing is generated, whatever generates elsewhere
  ["/v1/responses/x/rerank", null, "gpt-5"],
  ["/model/acme.embed-chat/invoke", "bedrock_model_invoke", "acme.embed-chat"],
  [null, null, "text-embedding-ada-002"],
  [null, null, "voyage/voyage-3-large"],
  [null, null, "@cf/baai/bge-m3"],
  [null, null, "jina-reranker-v2-base-multilingual"],
  [null, null, "vertex/textembedding-gecko@003"],
  [null, null, "twelvelabs.marengo-embed-2-7-v1:0"],
];

const ANSWERED: typeof COUNTING = [
  ["/v1/messages", "ant_messages", "claude-sonnet-4-6"],
  ["/v1/chat/completions", "oai_completions", "gpt-5"],
  ["/v1/responses", "oai_responses", "gpt-5"],
  ["/v1beta/models/gemini-2.5-pro:streamGenerateContent", "gemini_generate_content", "gemini-2.5-pro"],
  ["/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict", "vertex_raw_predict", "claude-sonnet-4-5"],
  ["/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse", "bedrock_converse", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
  // a generating path, whatever the model is called
  ["/v1/chat/completions", "oai_completions", "e5-chat"],
  ["/v1/chat/completions?stream=true", null, "acme/gte-gpt"],
  ["/openai/deployments/bge-team/chat/completions", null, "bge-team"],
  ["/v1/completions", "oai_completions", "voyage-coder"],
  ["/v1/messages", "ant_messages", "moderation-assistant"],
  ["/v1/messages/", "ant_messages", "count-tokens"],
  ["/v1/responses", "oai_responses", "gpt-5-embedded-writer"],
  ["/v1beta/models/rerank-writer:generateContent", null, "rerank-writer"],
  ["/v1beta/models/rerank-writer%3AstreamGenerateContent", null, "rerank-writer"],
  ["/model/acme.embed-chat/converse", "bedrock_converse", "acme.embed-chat"],
  ["/bedrock/model/acme.embed-chat/converse-stream", null, "acme.embed-chat"],
  ["/v2/chat", null, "cohere/embed-chat"],
  ["/api/generate", null, "e5-chat"],
  // what stands behind a ? is the client's
  ["/v1/messages?x=/count_tokens", "ant_messages", "claude-sonnet-4-6"],
  [null, null, "llama-guard-4-12b"],
  [null, null, "command-r-plus"],
  [null, null, ""],
];

describe("a request that counts tokens", () => {
  test("is not free where it has a count that nobody knows: no list prices that", () => {
    const asked = ask({ path: "/v1/messages/count_tokens", unknownCounts: new Map([["audio_output_tokens", 4034]]) });
    expect(asked).toMatchObject({ cost: null, costSource: "none", priceVersion: null });
  });

  test.each(COUNTING)("at %s, %s, by %s costs nothing and breaks off nothing", (path, apiType, model) => {
    expect(ask({ path, apiType, model })).toMatchObject({ cost: 0n, costSource: "price_list", priceVersion: "free: counts tokens", partial: false });
  });

  test("keeps what the gateway estimated", () => {
    const [path, apiType, model] = COUNTING[0]!;
    expect(ask({ path, apiType, model, cost: 7n })).toMatchObject({ cost: 7n, costSource: "aperture", priceVersion: null, partial: false });
  });

  test("that has an answer is not taken for one, and one that failed has nothing to price", () => {
    const [path, apiType, model] = COUNTING[0]!;
    expect(ask({ path, apiType, model }, { outputTokens: 1 })).toMatchObject({ cost: null, costSource: "none", priceVersion: null });
    expect(ask({ path, apiType, model, statusCode: 429, usage: NO_TOKENS })).toMatchObject({ cost: null, costSource: "none", priceVersion: null });
  });
});

test.each(WITHOUT_ANSWER)("embedding, reranking and moderation at %s, %s, by %s break off nothing, and have no price by themselves", (path, apiType, model) => {
  expect(ask({ path, apiType, model })).toMatchObject({ cost: null, costSource: "none", partial: false });
});

test.each(ANSWERED)("what generates at %s, %s, by %s broke off if nothing came out", (path, apiType, model) => {
  expect(ask({ path, apiType, model })).toMatchObject({ cost: null, costSource: "none", partial: true });
});
