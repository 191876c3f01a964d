import type { Nanodollars } from "../money.ts";
import type { TokenCounts } from "./usage-record.ts";

/** One request as the gateway recorded it, with every type checked and nothing interpreted. */
export interface RecordedRequest {
  id: bigint | null;
  version: number | null;
  /** Microseconds since 1970 UTC. */
  ts: number;
  login: string | null;
  nodeId: string | null;
  tags: readonly string[];
  model: string;
  apiType: string | null;
  path: string | null;
  usage: TokenCounts;
  cost: Nanodollars | null;
  costBasis: string | null;
  durationMs: number | null;
  captureId: string | null;
  sessionId: string | null;
  statusCode: number;
  /** Wanted request headers, names in lower case; several values are joined by `, ` as HTTP does. */
  headers: Readonly<Record<string, string>>;
  toolCalls: number;
}
