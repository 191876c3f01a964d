import { NO_REMARKS, NO_UNKNOWN_COUNTS, type RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import type { TokenCounts } from "../../src/ledger/usage/usage-record.ts";

export const NO_TOKENS: TokenCounts = {
  inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0,
  reasoningTokens: 0, imageInputTokens: 0, imageOutputTokens: 0, webSearches: 0,
};

/** A request of which nothing is known but what is given. */
export function sampleRequest(known: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    id: 1n, version: 2, ts: Date.UTC(2026, 9, 5, 12) * 1000, login: "alice@example.com", nodeId: null, tags: [], model: "",
    apiType: null, path: null, usage: NO_TOKENS, cost: null, costBasis: null, durationMs: null, captureId: null,
    sessionId: null, statusCode: 200, headers: {}, toolCalls: 0, unknownCounts: NO_UNKNOWN_COUNTS, credential: null, remarks: NO_REMARKS,
    ...known,
  };
}
