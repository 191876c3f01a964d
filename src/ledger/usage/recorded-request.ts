import { DAY_MS } from "../durations.ts";
import type { Nanodollars } from "../money.ts";
import type { Terms } from "./terms.ts";
import type { TokenCounts } from "./token-counts.ts";
import type { ToolCalls } from "./tool-calls.ts";

/**
 * The credential that a client sent to the provider. `subscription`: the token of a person's plan. `api_key`: a key of the
 * caller's own. `none`: no credential, or a placeholder for one. Nothing else of a credential ever leaves the reader.
 */
export const CREDENTIALS = ["subscription", "api_key", "none"] as const;
export type Credential = (typeof CREDENTIALS)[number];

/** The most milliseconds by which a record may be younger than its export. A younger record is rejected. */
export const YOUNGEST_RECORD = DAY_MS;

/** For requests whose every count has a known name. */
export const NO_UNKNOWN_COUNTS: ReadonlyMap<string, number> = new Map();

/** Counts by their new names. Counts whose new names are equal are added up. */
export function renameCounts(counts: Iterable<readonly [name: string, count: number]>, rename: (name: string) => string): Map<string, number> {
  const renamed = new Map<string, number>();
  for (const [name, count] of counts) {
    const known = renamed.get(rename(name)) ?? 0;
    renamed.set(rename(name), Math.min(known + count, Number.MAX_SAFE_INTEGER));
  }
  return renamed;
}

/** How a value that decides nothing was altered so that its request could be counted: bytes that are not UTF-8 replaced, cut, left out, or a credential masked. */
export const ALTERATIONS = ["not_utf8", "too_long", "wrong_type", "masked"] as const;
export type AlterationKind = (typeof ALTERATIONS)[number];

export interface Alteration {
  /** A path, as rejections name fields. */
  field: string;
  kind: AlterationKind;
}

/** Findings about a request that are reported and do not change it. */
export interface Remarks {
  altered: readonly Alteration[];
  /** Unknown keys of the record and of its `usage` (as `usage.…`); safe to show. */
  unknownKeys: readonly string[];
}

export const NO_REMARKS: Remarks = { altered: [], unknownKeys: [] };

/**
 * One request as the gateway recorded it, with every type checked and nothing interpreted. Texts that decide nothing
 * are kept as far as possible: `remarks` say where they were altered.
 */
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
  /** By name: counts above 0 whose names are not those of `usage`. Their price is unknown; they may be free. */
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
  /** The calls by server and tool, in this order; they add up to `toolCalls`. */
  tools: readonly ToolCalls[];
  terms: Terms;
  /** Null where it is not visible: nothing was captured, or the value is masked. */
  credential: Credential | null;
  remarks: Remarks;
}
