import { type Nanodollars, nanodollarsOfFloat } from "../money.ts";
import { NO_UNKNOWN_COUNTS, type RecordedRequest } from "../usage/recorded-request.ts";
import type { TokenCounts } from "../usage/usage-record.ts";
import { type CborValue, Tagged } from "./cbor-value.ts";
import { ListLength, ProjectedHeaders, type ProjectedRecord, ProjectedUsage } from "./projection.ts";
import {
  mapOrUndefined, RecordRejected, rejectValue, type Rejection, textOrNull, wholeNumberOrNull,
} from "./rejection.ts";
import { microsOfTimestamp } from "./timestamp.ts";

/** Earliest time a request can have, 2020-01-01: before Aperture was. Microseconds since 1970. */
const EARLIEST_TS = Date.UTC(2020, 0, 1) * 1000;
const MICROS_PER_DAY = 86_400_000_000;
const INT64_MAX = 2n ** 63n - 1n;
const INT32_MAX = 2 ** 31 - 1;
const NO_USAGE = new ProjectedUsage();
const NO_HEADERS = new ProjectedHeaders();

/**
 * Checks a projected record field by field.
 * @param exportTime microseconds since 1970 of the export itself; no record is more than a day younger.
 */
export function checkRecord(record: ProjectedRecord, exportTime: number): RecordedRequest | Rejection {
  try {
    return check(record, exportTime);
  } catch (error) {
    if (error instanceof RecordRejected) return error.rejection;
    throw error;
  }
}

/** Number and time of a record, as far as they can be read. */
export interface RecordNumber {
  id: bigint | null;
  /** Microseconds since 1970. */
  ts: number | null;
}

/** What can be read of a record that was rejected. @param exportTime as for `checkRecord`. */
export function numberRecord({ id, timestamp }: ProjectedRecord, exportTime: number): RecordNumber {
  return { id: orNull(() => checkId(id)), ts: orNull(() => checkTimestamp(timestamp, exportTime)) };
}

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordRejected) return null;
    throw error;
  }
}

function check(record: ProjectedRecord, exportTime: number): RecordedRequest {
  const id = checkId(record.id);
  const captureId = textOrNull(record.capture_id, "capture_id") || null;
  if (id === null && captureId === null) throw new RecordRejected("no_identifier", null);
  const identity = mapOrUndefined(record.identity, "identity");
  if (identity === undefined) throw new RecordRejected("no_identity", "identity");
  const cost = mapOrUndefined(record.estimated_cost, "estimated_cost");
  const capture = mapOrUndefined(record.capture, "capture");
  const statusCode = wholeNumberOrNull(record.status_code, "status_code") ?? 0;
  if (statusCode < 0 || statusCode > INT32_MAX) throw rejectValue(statusCode, "status_code");
  return {
    id,
    version: wholeNumberOrNull(record.ver, "ver"),
    ts: checkTimestamp(record.timestamp, exportTime),
    login: textOrNull(identity.login_name, "identity.login_name"),
    nodeId: textOrNull(identity.stable_node_id, "identity.stable_node_id"),
    tags: checkTexts(identity.tags, "identity.tags"),
    model: textOrNull(record.model, "model") ?? "",
    apiType: textOrNull(record.api_type, "api_type"),
    path: textOrNull(record.path, "path"),
    usage: checkUsage(mapOrUndefined(record.usage, "usage") ?? NO_USAGE),
    unknownCounts: NO_UNKNOWN_COUNTS,
    cost: cost === undefined ? null : checkDollars(cost.dollars),
    costBasis: cost === undefined ? null : textOrNull(cost.cost_basis, "estimated_cost.cost_basis"),
    durationMs: wholeNumberOrNull(record.duration_ms, "duration_ms"),
    captureId,
    sessionId: textOrNull(record.session_id, "session_id"),
    statusCode,
    headers: checkHeaders(mapOrUndefined(capture?.requestHeaders, "capture.requestHeaders") ?? NO_HEADERS),
    toolCalls: countItems(capture?.toolUseData, "capture.toolUseData"),
    credential: null,
  };
}

/** A signed 64-bit integer; RFC 8949, 3.4.3 allows any integer to be written as a bignum. */
function checkId(value: CborValue): bigint | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Tagged && (value.tag === 2 || value.tag === 3) && value.value instanceof Uint8Array) {
    const magnitude = BigInt(`0x0${Buffer.from(value.value).toString("hex")}`);
    return checkId(value.tag === 2 ? magnitude : -1n - magnitude);
  }
  if (typeof value === "bigint") {
    if (value > INT64_MAX || value < -INT64_MAX - 1n) throw new RecordRejected("id_out_of_range", "id");
    return value;
  }
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  throw rejectValue(value, "id");
}

function checkTimestamp(value: CborValue, exportTime: number): number {
  if (value === undefined || value === null) throw new RecordRejected("timestamp_missing", "timestamp");
  const ts = microsOfTimestamp(value);
  if (ts === undefined) throw rejectValue(value, "timestamp", "timestamp_invalid");
  if (ts < EARLIEST_TS || ts > exportTime + MICROS_PER_DAY) {
    throw new RecordRejected("timestamp_out_of_range", "timestamp");
  }
  return ts;
}

function checkTexts(value: CborValue, field: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw rejectValue(value, field);
  if (value.every(isText)) return value;
  throw rejectValue(value.find((item) => !isText(item)), field);
}

function isText(value: CborValue): value is string {
  return typeof value === "string";
}

function countItems(list: ListLength | CborValue, field: string): number {
  if (list === undefined || list === null) return 0;
  if (list instanceof ListLength && list.items <= INT32_MAX) return list.items;
  throw rejectValue(list, field);
}

function checkUsage(usage: ProjectedUsage): TokenCounts {
  return {
    inputTokens: checkCount(usage.input_tokens, "input_tokens"),
    outputTokens: checkCount(usage.output_tokens, "output_tokens"),
    cachedTokens: checkCount(usage.cached_tokens, "cached_tokens"),
    cacheWriteTokens: checkCount(usage.cache_creation_input_tokens, "cache_creation_input_tokens"),
    cacheWrite5mTokens: checkCount(usage.cache_creation_5m_input_tokens, "cache_creation_5m_input_tokens"),
    cacheWrite1hTokens: checkCount(usage.cache_creation_1h_input_tokens, "cache_creation_1h_input_tokens"),
    reasoningTokens: checkCount(usage.reasoning_tokens, "reasoning_tokens"),
    imageInputTokens: checkCount(usage.image_input_tokens, "image_input_tokens"),
    imageOutputTokens: checkCount(usage.image_output_tokens, "image_output_tokens"),
    webSearches: checkCount(usage.web_search_count, "web_search_count"),
  };
}

function checkCount(value: CborValue, name: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw rejectValue(value, `usage.${name}`, "token_count_invalid");
}

function checkDollars(value: CborValue): Nanodollars | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && value >= 0 && value < 1e9) return nanodollarsOfFloat(value);
  throw rejectValue(value, "estimated_cost.dollars", "cost_invalid");
}

const NO_TEXTS: Readonly<Record<string, string>> = {};

function checkHeaders(headers: ProjectedHeaders): Readonly<Record<string, string>> {
  let texts: Record<string, string> | undefined;
  for (const name in headers) {
    const text = joinHeader(headers[name], name);
    if (text !== undefined) (texts ??= {})[name] = text;
  }
  return texts ?? NO_TEXTS;
}

function joinHeader(value: CborValue, name: string): string | undefined {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof only === "string") return only;
  const values = checkTexts(value, `capture.requestHeaders.${name}`);
  return values.length > 1 ? values.join(", ") : values[0];
}
