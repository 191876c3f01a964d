import type { CborValue } from "./cbor-value.ts";

/** A list of which the length alone is wanted. */
export class ListLength {
  items = 0;
}

/** The value of a field that is a map whose own fields are wanted; anything else found there stays a value. */
export type ProjectedMap<Fields> = Fields | CborValue;

export interface ProjectedIdentity {
  login_name?: CborValue;
  stable_node_id?: CborValue;
  tags?: CborValue;
}

export interface ProjectedUsage {
  input_tokens?: CborValue;
  output_tokens?: CborValue;
  cached_tokens?: CborValue;
  cache_creation_input_tokens?: CborValue;
  cache_creation_5m_input_tokens?: CborValue;
  cache_creation_1h_input_tokens?: CborValue;
  reasoning_tokens?: CborValue;
  image_input_tokens?: CborValue;
  image_output_tokens?: CborValue;
  web_search_count?: CborValue;
}

export interface ProjectedCost {
  dollars?: CborValue;
  cost_basis?: CborValue;
}

export interface ProjectedCapture {
  /** Wanted headers only, under their names in lower case. */
  requestHeaders?: ProjectedMap<Record<string, CborValue>>;
  toolUseData?: ListLength | CborValue;
}

/** What accounting needs of a record, of whatever type it turned out to be; the other 99 % of the bytes are passed over. */
export interface ProjectedRecord {
  id?: CborValue;
  ver?: CborValue;
  timestamp?: CborValue;
  identity?: ProjectedMap<ProjectedIdentity>;
  model?: CborValue;
  api_type?: CborValue;
  usage?: ProjectedMap<ProjectedUsage>;
  estimated_cost?: ProjectedMap<ProjectedCost>;
  duration_ms?: CborValue;
  capture_id?: CborValue;
  session_id?: CborValue;
  path?: CborValue;
  status_code?: CborValue;
  capture?: ProjectedMap<ProjectedCapture>;
}

/** How one field is read: kept as a value, entered because some of its own fields are wanted, or counted as a list. */
export type FieldPlan = "value" | "length" | MapPlan;

export interface MapPlan {
  fields: ReadonlyMap<string, FieldPlan>;
  /** HTTP header names compare without case. */
  caseless: boolean;
}

function mapOf(values: readonly string[], others: Record<string, FieldPlan> = {}): MapPlan {
  const fields = new Map<string, FieldPlan>(values.map((name) => [name, "value"]));
  for (const [name, plan] of Object.entries(others)) fields.set(name, plan);
  return { fields, caseless: false };
}

/** The plan that yields a `ProjectedRecord` with the given request headers (names in any case). */
export function planRecord(headers: Iterable<string>): MapPlan {
  const wanted = new Map<string, FieldPlan>();
  for (const header of headers) wanted.set(header.toLowerCase(), "value");
  return mapOf(
    ["id", "ver", "timestamp", "model", "api_type", "duration_ms", "capture_id", "session_id", "path", "status_code"],
    {
      identity: mapOf(["login_name", "stable_node_id", "tags"]),
      usage: mapOf([
        "input_tokens", "output_tokens", "cached_tokens", "cache_creation_input_tokens",
        "cache_creation_5m_input_tokens", "cache_creation_1h_input_tokens", "reasoning_tokens",
        "image_input_tokens", "image_output_tokens", "web_search_count",
      ]),
      estimated_cost: mapOf(["dollars", "cost_basis"]),
      capture: mapOf([], { requestHeaders: { fields: wanted, caseless: true }, toolUseData: "length" }),
    },
  );
}
