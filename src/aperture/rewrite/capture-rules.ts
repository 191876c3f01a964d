import { SECRET_HEADERS } from "../reader/credential.ts";

/** What stands for a dropped header's value, and for what is of no type that its field can have. */
export const DROPPED = "[dropped]";

/** Most that a field which nobody knows may hold, in encoded bytes, and a field known to be small. */
export const MOST_BYTES = { unknown: 256, known: 1024 } as const;

/** How a field of a capture is written again without conversation. */
export type ValueRule =
  /** A body: nothing is left. */
  | "null"
  /** A list of which the length counts. */
  | "nulls"
  /** Headers, of which some hold credentials. */
  | "headers"
  /** A list or a map that holds no conversation. */
  | "small"
  /** Whatever else: kept where it is too small for a conversation, and no list or map. */
  | "unknown";

const RULES: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ["requestBody", "null"],
  ["responseBody", "null"],
  ["rawRequestBody", "null"],
  ["rawResponseBody", "null"],
  ["toolUseData", "nulls"],
  ["requestHeaders", "headers"],
  ["responseHeaders", "headers"],
  ["tags", "small"],
  ["usage", "small"],
  ["estimated_cost", "small"],
]);

/** @param name of a capture's field; undefined for a key that is no text or too long for a name. */
export function captureRule(name: string | undefined): ValueRule {
  return (name === undefined ? undefined : RULES.get(name)) ?? "unknown";
}

/** Whether a header, in any case, holds a secret. */
export function isSecretHeader(header: string | undefined): boolean {
  return header !== undefined && SECRET_HEADERS.includes(header.toLowerCase());
}

/** Whether a field of an identity or a capture names somebody's device. */
export function isDevice(name: string | undefined): boolean {
  return name === "stable_node_id" || name === "stableNodeId";
}

/** Whether a key can be the name of a field or a header. Such keys stay, also where somebody's login is such a word. */
export function isFieldName(key: string): boolean {
  return /^[\w-]*$/.test(key);
}
