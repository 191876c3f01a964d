import type { Model } from "./models.ts";

/** In the order in which they are written. */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_creation_5m_input_tokens?: number;
  cache_creation_1h_input_tokens?: number;
  reasoning_tokens?: number;
  web_search_count?: number;
}

export interface Identity {
  login: string;
  node: string;
  /** As recorded, in any order; absent for people and for devices that only their login gives away. */
  tags?: readonly string[];
}

/** The seed of the capture's bodies: two numbers that stand for megabytes of text. */
interface ConversationSoFar {
  seed: number;
  /** Turns that are complete; the request adds the next one's question. */
  turns: number;
}

export interface SimulatedRecord {
  id: number;
  /** Milliseconds since 1970 UTC. */
  at: number;
  /** Nanoseconds below the millisecond. */
  nanos: number;
  identity: Identity;
  model: Model;
  usage: Usage;
  estimatedCost?: { dollars: number; costBasis: string };
  durationMs: number;
  captureId: string;
  sessionId: string;
  statusCode: number;
  toolUse: readonly { name: string; command: string }[];
  requestHeaders: readonly (readonly [name: string, value: string])[];
  conversation: ConversationSoFar;
  /** Whether the capture has the request's bytes in addition to the parsed body. */
  keepsRaw: boolean;
}
