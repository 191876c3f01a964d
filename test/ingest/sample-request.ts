import { NO_REMARKS, NO_UNKNOWN_COUNTS, type RecordedRequest } from "../../src/ledger/usage/recorded-request.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import { NO_TOKENS } from "../../src/ledger/usage/token-counts.ts";

/** A request of which nothing is known but what is given. */
export function sampleRequest(known: Partial<RecordedRequest> = {}): RecordedRequest {
  return {
    id: 1n, version: 2, ts: Date.UTC(2026, 9, 5, 12) * 1000, login: "alice@example.com", nodeId: null, tags: [], model: "",
    apiType: null, path: null, usage: NO_TOKENS, cost: null, costBasis: null, durationMs: null, captureId: null,
    sessionId: null, statusCode: 200, headers: {}, toolCalls: 0, tools: [], terms: NO_TERMS, unknownCounts: NO_UNKNOWN_COUNTS, credential: null, remarks: NO_REMARKS,
    ...known,
  };
}
