import { unescapeName } from "../../ledger/names/model-name.ts";
import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { remember } from "../../ledger/names/remember.ts";

/** Requests without a generated answer: `counting` counts the tokens of a text, `other` is embedding, reranking and moderation. */
export type Answerless = "counting" | "other";

/** Ends of paths, without their query. */
const OF_PATH: readonly [RegExp, Answerless][] = [
  // Anthropic /v1/messages/count_tokens, Bedrock /model/…/count-tokens, Gemini :countTokens, Vertex :countTokens and :computeTokens
  [/[/:](?:count[_-]?(?:text|message)?tokens|computetokens)$/i, "counting"],
  // Anthropic's models at Vertex
  [/\/count-tokens:(?:stream)?rawpredict$/i, "counting"],
  // OpenAI /v1/responses/input_tokens
  [/\/responses\/input_tokens$/i, "counting"],
  // Cohere and vLLM /tokenize, xAI /v1/tokenize-text, Moonshot /v1/tokenizers/estimate-token-count
  [/\/(?:tokenize(?:-text)?|estimate-token-count)$/i, "counting"],
  // OpenAI, Mistral, Azure and others /embeddings, Voyage /contextualizedembeddings, Cohere /v2/embed, Gemini :batchEmbedContents
  [/[/:][a-z]*embed(?:dings?(?:\/multimodal)?|contents?|text|_all|_sparse)?$/i, "other"],
  // Cohere, Jina, Voyage, vLLM /rerank, Google's ranking API :rank
  [/[/:](?:(?:re)?rank(?:ings?)?|score)$/i, "other"],
  // OpenAI and Mistral /v1/moderations, Mistral /v1/chat/moderations and /v1/classifications
  [/\/(?:moderations?|classif(?:y|ications?))$/i, "other"],
];

const OF_DIALECT: readonly [RegExp, Answerless][] = [
  [/count_?tokens|token_?count|compute_?tokens|tokenize|input_tokens/i, "counting"],
  [/embed|rerank|moderation|classification/i, "other"],
];

/** Paths that only serve generating models; any model at such a path has an answer that may break off. */
const GENERATING: readonly RegExp[] = [
  // OpenAI /v1/chat/completions and /v1/completions, Mistral /v1/fim/completions, Anthropic /v1/messages and /v1/complete, OpenAI /v1/responses
  /\/(?:completions?|complete|messages|responses)$/i,
  // Cohere /v2/chat, Ollama /api/chat and /api/generate, TGI /generate_stream
  /\/(?:chat|generate(?:_stream)?)$/i,
  // Gemini and Vertex :generateContent and :streamGenerateContent, and the older :generateText, :generateMessage and :generateAnswer
  /[/:](?:stream)?generate(?:content|text|message|answer)$/i,
  // Bedrock /model/…/converse and /model/…/converse-stream
  /\/converse(?:-stream)?$/i,
];

/** By the model's plain name: InvokeModel and rawPredict use one path for all kinds of models. */
const OF_MODEL: readonly [RegExp, Answerless][] = [
  [/^count-tokens$/i, "counting"],
  // text-embedding-3-small, titan-embed-text-v2, embed-english-v3, textembedding-gecko, bge-reranker-v2-m3, omni-moderation-latest
  [/embed|rerank|moderation/i, "other"],
  // model families without such a word in their names
  [/^(?:voyage|bge|e5|gte)-/i, "other"],
];

type AnswerlessRequest = Pick<RecordedRequest, "path" | "apiType">;

/** Finds requests without a generated answer by path and dialect, and by the model where the path does not decide; null for generating ones. */
export function answerlessIdentifier(): (request: AnswerlessRequest, model: string) => Answerless | null {
  const ofPath = remember((path) => firstOf(OF_PATH, endOf(path)));
  const generates = remember((path) => GENERATING.some((pattern) => pattern.test(endOf(path))));
  const ofDialect = remember((apiType) => firstOf(OF_DIALECT, apiType));
  const ofModel = remember((model) => firstOf(OF_MODEL, model));
  return ({ path, apiType }, model) => {
    const found = [ofPath(path ?? ""), ofDialect(apiType ?? ""), generates(path ?? "") ? null : ofModel(model)];
    return found.find((one) => one === "counting") ?? found.find((one) => one !== null) ?? null;
  };
}

function endOf(path: string): string {
  return unescapeName(path.split("?", 1)[0] ?? "").replace(/\/$/, "");
}

function firstOf(table: readonly [RegExp, Answerless][], text: string): Answerless | null {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
