import { type Nanodollars, nanodollarsOfFloat } from "../../ledger/money.ts";
import { type Credential, type RecordedRequest, YOUNGEST_RECORD } from "../../ledger/usage/recorded-request.ts";
import { NO_TERMS } from "../../ledger/usage/terms.ts";
import { NO_TOOLS } from "../../ledger/usage/tool-calls.ts";
import { NO_TOKENS, type TokenCounts } from "../../ledger/usage/token-counts.ts";
import { TOKEN_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { AlteredText, type CborValue } from "./cbor/cbor-value.ts";
import { termsOfCapture } from "./capture-terms.ts";
import { countTools } from "./recorded-tools.ts";
import { credentialOf } from "./credential.ts";
import { maskPath } from "./masked-path.ts";
import { type ProjectedHeaders, type ProjectedIdentity, type ProjectedRecord, type ProjectedTools, ProjectedUsage } from "./projection.ts";
import {
  mapOrUndefined, RecordRejected, rejectValue, type Rejection, textOrNull, wholeNumberOrNull,
} from "./rejection.ts";
import { LenientValues } from "./lenient-values.ts";
import { microsOfTimestamp } from "./timestamp.ts";

/** Earliest possible time of a request, 2020-01-01: before Aperture existed. Microseconds since 1970. */
const EARLIEST_TS = Date.UTC(2020, 0, 1) * 1000;
const INT64_MAX = 2n ** 63n - 1n;
const INT32_MAX = 2 ** 31 - 1;
const NO_USAGE = new ProjectedUsage();

/**
 * Checks a projected record field by field.
 * @param exportTime time of the export in microseconds since 1970; a record may be at most one day younger.
 */
export function checkRecord(record: ProjectedRecord, exportTime: number): RecordedRequest | Rejection {
  try {
    return check(record, exportTime);
  } catch (error) {
    if (error instanceof RecordRejected) return error.rejection;
    throw error;
  }
}

/** The readable parts of a rejected record. */
export interface ReadableParts {
  id: bigint | null;
  /** Microseconds since 1970. */
  ts: number | null;
  cost: Nanodollars | null;
  login: string | null;
  tags: readonly string[];
}

export const NOTHING_READABLE: ReadableParts = { id: null, ts: null, cost: null, login: null, tags: [] };

/** Reads the parts of a rejected record. @param exportTime as for `checkRecord`. */
export function readableParts({ id, timestamp, identity, estimated_cost }: ProjectedRecord, exportTime: number): ReadableParts {
  return {
    id: orNull(() => checkId(id)),
    ts: orNull(() => checkTimestamp(timestamp, exportTime)),
    cost: orNull(() => checkDollars(mapOrUndefined(estimated_cost, "estimated_cost")?.dollars)),
    login: orNull(() => checkLogin(mapOrUndefined(identity, "identity"))),
    tags: orNull(() => checkTags(mapOrUndefined(identity, "identity"))) ?? [],
  };
}

function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordRejected) return null;
    throw error;
  }
}

/** Remarks about the record that is being checked. */
const remarks = new LenientValues();

/** Only identifiers, identity, time, counts, dollars, and the types of model and status can lead to a rejection. */
function check(record: ProjectedRecord, exportTime: number): RecordedRequest {
  remarks.begin();
  const id = checkId(record.id);
  const captureId = textOrNull(record.capture_id, "capture_id") || null;
  if (id === null && captureId === null) throw new RecordRejected("no_identifier", null);
  const identity = mapOrUndefined(record.identity, "identity");
  if (identity === undefined) throw new RecordRejected("no_identity", "identity");
  const cost = mapOrUndefined(record.estimated_cost, "estimated_cost");
  const capture = remarks.mapOrUndefined(record.capture, "capture");
  const headers = remarks.mapOrUndefined(capture?.requestHeaders, "capture.requestHeaders");
  const statusCode = wholeNumberOrNull(record.status_code, "status_code") ?? 0;
  if (statusCode < 0 || statusCode > INT32_MAX) throw rejectValue(statusCode, "status_code");
  const usage = mapOrUndefined(record.usage, "usage") ?? NO_USAGE;
  const { path, hasApiKey } = checkPath(record.path);
  const tools = checkTools(remarks.mapOrUndefined(capture?.toolUseData, "capture.toolUseData"));
  return {
    id,
    version: remarks.wholeNumberOrNull(record.ver, "ver"),
    ts: checkTimestamp(record.timestamp, exportTime),
    login: checkLogin(identity),
    nodeId: remarks.textOrNull(identity.stable_node_id, "identity.stable_node_id"),
    tags: checkTags(identity),
    model: checkModel(record.model),
    apiType: remarks.textOrNull(record.api_type, "api_type"),
    path,
    usage: checkUsage(usage),
    unknownCounts: remarks.unknownCounts(usage.unknown),
    cost: cost === undefined ? null : checkDollars(cost.dollars),
    costBasis: cost === undefined ? null : remarks.textOrNull(cost.cost_basis, "estimated_cost.cost_basis"),
    durationMs: checkDuration(record.duration_ms),
    captureId,
    sessionId: remarks.textOrNull(record.session_id, "session_id"),
    statusCode,
    headers: headers === undefined ? NO_TEXTS : checkHeaders(headers),
    toolCalls: tools === undefined ? 0 : tools.items,
    tools: tools === undefined ? NO_TOOLS : countTools(tools.tools, tools.items),
    terms: capture === undefined ? NO_TERMS : termsOfCapture(capture),
    // Where there are a key and a token, the provider uses the key, in whichever header it is.
    credential: hasApiKey ? "api_key" : headers === undefined ? null : checkCredential(headers),
    remarks: remarks.of(record.unknown),
  };
}

/** Removes credentials from a path. */
function checkPath(value: CborValue): { path: string | null; hasApiKey: boolean } {
  const recorded = remarks.textOrNull(value, "path");
  if (recorded === null) return NO_PATH;
  const masked = maskPath(recorded);
  if (masked.path !== recorded) remarks.add("path", "masked");
  return masked;
}

const NO_PATH = { path: null, hasApiKey: false };

function checkLogin(identity: ProjectedIdentity | undefined): string | null {
  return textOrNull(identity?.login_name, "identity.login_name");
}

function checkTags(identity: ProjectedIdentity | undefined): string[] {
  return checkTexts(identity?.tags, "identity.tags");
}

/** Only its type can lead to a rejection, not its text. */
function checkModel(value: CborValue): string {
  if (value instanceof AlteredText) return remarks.textOrNull(value, "model") ?? "";
  return textOrNull(value, "model") ?? "";
}

function checkDuration(value: CborValue): number | null {
  const duration = remarks.wholeNumberOrNull(value, "duration_ms");
  if (duration === null || duration >= 0) return duration;
  remarks.add("duration_ms", "wrong_type");
  return null;
}

/** Null where no header was captured: every request has at least one. */
function checkCredential({ credential, isAny }: ProjectedHeaders): Credential | null {
  return isAny ? credentialOf(credential) : null;
}

/** An integer that fits 64 bits, signed. */
function checkId(value: CborValue): bigint | null {
  if (value === undefined || value === null) return null;
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
  if (ts < EARLIEST_TS || ts > exportTime + YOUNGEST_RECORD * 1000) {
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

function checkTools(tools: ProjectedTools | undefined): ProjectedTools | undefined {
  if (tools === undefined || tools.items <= INT32_MAX) return tools;
  remarks.add("capture.toolUseData", "wrong_type");
  return undefined;
}

function checkUsage({ counts }: ProjectedUsage): TokenCounts {
  const checked = { ...NO_TOKENS };
  for (let place = 0; place < counts.length; place++) {
    const count = counts[place];
    const column = TOKEN_COLUMNS[place];
    // A record has a few of them.
    if (count !== undefined && column !== undefined) checked[column.property] = checkCount(count, column.recordedAs);
  }
  return checked;
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

function checkHeaders({ wanted }: ProjectedHeaders): Readonly<Record<string, string>> {
  if (wanted === undefined) return NO_TEXTS;
  let texts: Record<string, string> | undefined;
  for (const name in wanted) {
    const value = wanted[name];
    const text = typeof value === "string" ? value : remarks.textOrNull(value, `capture.requestHeaders.${name}`);
    if (text !== null) (texts ??= {})[name] = text;
  }
  return texts ?? NO_TEXTS;
}
