import type { Nanodollars } from "../money.ts";
import type { TokenCounts } from "./usage-record.ts";

/**
 * What a client sent to be let in by the provider. `subscription`: the token of a person's plan. `api_key`: a key of the
 * caller's own. `none`: no credential, or a placeholder for one. Nothing else of a credential ever leaves the reader.
 */
export const CREDENTIALS = ["subscription", "api_key", "none"] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** For requests whose every count has a known name. */
export const NO_UNKNOWN_COUNTS: ReadonlyMap<string, number> = new Map();

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
  /** By name: counts above 0 whose names are not those of `usage`. What they cost, and whether they cost anything, is not known. */
  unknownCounts: ReadonlyMap<string, number>;
  cost: Nanodollars | null;
  costBasis: string | null;
  durationMs: number | null;
  captureId: string | null;
  sessionId: string | null;
  statusCode: number;
  /** Wanted request headers, names in lower case; several values are joined by `, ` as HTTP does. */
  headers: Readonly<Record<string, string>>;
  toolCalls: number;
  /** Null where it cannot be seen: nothing was captured, or the value is masked. */
  credential: Credential | null;
}
