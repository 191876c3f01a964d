/** A model as callers ask for it and as the gateway records it. */
export interface Model {
  /** The spelling in the record's `model`. */
  recorded: string;
  /** Name in the gateway's configuration. */
  provider: string;
  /** Name in the provider's list of models. */
  name: string;
  apiType: string;
  path: string;
  /** Absent: the gateway knows no price. */
  costBasis?: string;
  /** `writes`: the provider bills what enters its cache and the gateway records it. */
  cache: "none" | "reads" | "writes";
  weight: number;
  /** The model that answers instead from a given time on, in milliseconds since 1970 UTC. */
  successor?: { from: number; model: Model };
}

/** The model that answers at a given time when callers ask for `model`. */
export function modelAt(model: Model, at: number): Model {
  return model.successor !== undefined && at >= model.successor.from ? model.successor.model : model;
}

type Choice = readonly [Model, ...Model[]];

const MESSAGES = { apiType: "ant_messages", path: "/v1/messages", cache: "writes" } as const;
const COMPLETIONS = { apiType: "oai_completions", path: "/v1/chat/completions" } as const;
const BEDROCK_SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

const SONNET: Model = {
  ...MESSAGES, recorded: "claude-sonnet-4-6", provider: "anthropic", name: "claude-sonnet-4-6",
  costBasis: "anthropic/claude-sonnet-4-6", weight: 5,
};
export const HAIKU: Model = {
  ...MESSAGES, recorded: "claude-haiku-4-5-20251001", provider: "anthropic", name: "claude-haiku-4-5-20251001",
  costBasis: "anthropic/claude-haiku-4-5-20251001", weight: 1,
};
const OPUS: Model = {
  ...MESSAGES, recorded: "anthropic/claude-opus-4-8", provider: "anthropic", name: "claude-opus-4-8",
  costBasis: "anthropic/claude-opus-4-8", weight: 2,
};
const SUBSCRIBED_OPUS: Model = {
  ...OPUS, recorded: "anthropic-passthrough/claude-opus-4-8", provider: "anthropic-passthrough", weight: 1.5,
};
/** A model so new that neither the gateway nor the price list has its price. */
const GPT_NEXT: Model = {
  ...COMPLETIONS, recorded: "gpt-5.1", provider: "openai", name: "gpt-5.1",
  cache: "reads", weight: 0,
};
const GPT: Model = {
  ...COMPLETIONS, recorded: "gpt-5", provider: "openai", name: "gpt-5",
  costBasis: "openai/gpt-5", cache: "reads", weight: 2,
  successor: { from: Date.parse("2026-10-28"), model: GPT_NEXT },
};
const GPT_MINI: Model = {
  apiType: "oai_responses", path: "/v1/responses", recorded: "gpt-5-mini", provider: "openai", name: "gpt-5-mini",
  costBasis: "openai/gpt-5-mini", cache: "reads", weight: 2,
};
const GEMINI: Model = {
  apiType: "gemini_generate_content", path: "/v1beta/models/gemini-2.5-pro:generateContent",
  recorded: "gemini-2.5-pro", provider: "google", name: "gemini-2.5-pro",
  costBasis: "google/gemini-2.5-pro", cache: "reads", weight: 1.5,
};
const BEDROCK: Model = {
  apiType: "bedrock_model_invoke", path: `/bedrock/model/${BEDROCK_SONNET}/invoke`,
  recorded: BEDROCK_SONNET, provider: "bedrock", name: BEDROCK_SONNET,
  costBasis: `bedrock-us/${BEDROCK_SONNET}`, cache: "writes", weight: 1.5,
};
const QWEN: Model = {
  ...COMPLETIONS, recorded: "qwen3-coder-30b", provider: "private-llm", name: "qwen3-coder-30b",
  cache: "none", weight: 1,
};

export const MODELS: readonly Model[] = [SONNET, HAIKU, OPUS, SUBSCRIBED_OPUS, GPT, GPT_NEXT, GPT_MINI, GEMINI, BEDROCK, QWEN];

export interface Agent {
  userAgent: string;
  models: Choice;
  weight: number;
  /** Whether the requests of a conversation share a `session_id`: several clients get a new one per request. */
  keepsSession: boolean;
  /** Whether it asks the small model for titles and summaries in between. */
  asksSmallModel: boolean;
}

export const AGENTS: readonly [Agent, ...Agent[]] = [
  { userAgent: "claude-cli/2.1.14 (external, cli)", models: [SONNET, OPUS, SUBSCRIBED_OPUS], weight: 5, keepsSession: true, asksSmallModel: true },
  { userAgent: "codex_cli_rs/0.61.0 (Linux 6.8)", models: [GPT, GPT_MINI], weight: 2, keepsSession: true, asksSmallModel: false },
  { userAgent: "opencode/1.0.85", models: [SONNET, GPT, BEDROCK, QWEN], weight: 2, keepsSession: true, asksSmallModel: false },
  { userAgent: "python-requests/2.32.3", models: [GPT_MINI, GEMINI, QWEN], weight: 1, keepsSession: false, asksSmallModel: false },
  { userAgent: "Aperture-Chat/1.0", models: [SONNET, HAIKU, GPT, GEMINI], weight: 1, keepsSession: true, asksSmallModel: false },
];

export const CI_AGENT: Agent = {
  userAgent: "claude-cli/2.1.14 (external, github-action)", models: [SONNET, OPUS],
  weight: 1, keepsSession: true, asksSmallModel: true,
};

export const DEVICE_AGENT: Agent = {
  userAgent: "python-requests/2.32.3", models: [BEDROCK, GPT_MINI, GEMINI, HAIKU],
  weight: 1, keepsSession: false, asksSmallModel: false,
};
