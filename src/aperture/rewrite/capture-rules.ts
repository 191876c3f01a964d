import { SECRET_HEADERS } from "../reader/credential.ts";

/** Replaces the value of a dropped header, and a value whose type its field cannot have. */
export const DROPPED = "[dropped]";

/** Limits in encoded bytes: of an unknown field, and of a field that is known to be small. */
export const MOST_BYTES = { unknown: 256, known: 1024 } as const;

/** How a field of a capture is copied without its conversation. */
export type ValueRule =
  /** The request: no part of it is copied. */
  | "null"
  /** An answer: the terms that its price depends on are copied. */
  | "terms"
  /** A list of tools: their number and names are copied. */
  | "tools"
  /** Headers, some with credentials. */
  | "headers"
  /** A list or a map without conversation. */
  | "small"
  /** Any other field: copied where it is too small for a conversation and neither a list nor a map. */
  | "unknown";

const RULES: ReadonlyMap<string, ValueRule> = new Map<string, ValueRule>([
  ["requestBody", "null"],
  ["responseBody", "terms"],
  ["rawRequestBody", "null"],
  ["rawResponseBody", "terms"],
  ["toolUseData", "tools"],
  ["requestHeaders", "headers"],
  ["responseHeaders", "headers"],
  ["tags", "small"],
  ["usage", "small"],
  ["estimated_cost", "small"],
]);

/** @param name of a capture's field; undefined for a key that is not a text or too long for a name. */
export function captureRule(name: string | undefined): ValueRule {
  return (name === undefined ? undefined : RULES.get(name)) ?? "unknown";
}

/** Whether a header holds a secret; its name is compared without case. */
export function isSecretHeader(header: string | undefined): boolean {
  return header !== undefined && SECRET_HEADERS.includes(header.toLowerCase());
}

/** Whether a field of an identity or a capture names a person's device. */
export function isDevice(name: string | undefined): boolean {
  return name === "stable_node_id" || name === "stableNodeId";
}

/** Whether a key can be the name of a field or a header. Such keys are kept, even where a login is the same word. */
export function isFieldName(key: string): boolean {
  return /^[\w-]*$/.test(key);
}
