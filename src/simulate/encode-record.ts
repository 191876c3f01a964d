import type { CborWriter } from "./cbor-writer.ts";
import type { Conversations } from "./conversations.ts";
import { encodeBodies } from "./encode-bodies.ts";
import type { SimulatedRecord, Usage } from "./simulated-record.ts";

/** The version of records that gateways write today. */
const VERSION = 2;

/** One record as a CBOR map, its keys in the gateway's order. Without `conversations` the capture has no bodies. */
export function encodeRecord(writer: CborWriter, record: SimulatedRecord, conversations: Conversations | undefined): void {
  const cost = record.estimatedCost;
  const { identity } = record;
  writer.map(cost === undefined ? 13 : 14);
  writer.text("id");
  writer.unsigned(record.id);
  writer.text("ver");
  writer.unsigned(VERSION);
  textField(writer, "timestamp", formatTime(record.at, record.nanos));
  writer.text("identity");
  writer.map(identity.tags === undefined ? 2 : 3);
  textField(writer, "login_name", identity.login);
  textField(writer, "stable_node_id", identity.node);
  if (identity.tags !== undefined) encodeTags(writer, identity.tags);
  textField(writer, "model", record.model.recorded);
  textField(writer, "api_type", record.model.apiType);
  encodeUsage(writer, record.usage);
  if (cost !== undefined) encodeCost(writer, cost, record.usage);
  writer.text("duration_ms");
  writer.unsigned(record.durationMs);
  textField(writer, "capture_id", record.captureId);
  textField(writer, "session_id", record.sessionId);
  textField(writer, "path", record.model.path);
  writer.text("status_code");
  writer.unsigned(record.statusCode);
  writer.text("capture");
  encodeCapture(writer, record, conversations);
}

function encodeCapture(writer: CborWriter, record: SimulatedRecord, conversations: Conversations | undefined): void {
  writer.map(record.estimatedCost === undefined ? 16 : 17);
  textField(writer, "id", record.captureId);
  textField(writer, "model", record.model.recorded);
  textField(writer, "startTime", formatTime(record.at - record.durationMs, record.nanos));
  textField(writer, "loginName", record.identity.login);
  textField(writer, "stableNodeId", record.identity.node);
  encodeTags(writer, record.identity.tags);
  writer.text("statusCode");
  writer.unsigned(record.statusCode);
  textField(writer, "path", record.model.path);
  writer.text("toolUseData");
  writer.array(record.toolUse.length);
  for (const { name, command } of record.toolUse) {
    writer.map(2);
    textField(writer, "name", name);
    writer.text("params");
    writer.map(1);
    textField(writer, "command", command);
  }
  encodeBodies(writer, record, conversations);
  textField(writer, "sessionId", record.sessionId);
  if (record.estimatedCost !== undefined) encodeCost(writer, record.estimatedCost, record.usage);
}

function encodeTags(writer: CborWriter, tags: readonly string[] | undefined): void {
  writer.text("tags");
  if (tags === undefined) {
    writer.null();
    return;
  }
  writer.array(tags.length);
  for (const tag of tags) writer.text(tag);
}

function encodeUsage(writer: CborWriter, usage: Usage): void {
  const counts = Object.entries<number>({ ...usage });
  writer.text("usage");
  writer.map(counts.length);
  for (const [name, count] of counts) {
    writer.text(name);
    writer.unsigned(count);
  }
}

function encodeCost(writer: CborWriter, cost: { dollars: number; costBasis: string }, usage: Usage): void {
  writer.text("estimated_cost");
  writer.map(3);
  writer.text("dollars");
  writer.float(cost.dollars);
  textField(writer, "cost_basis", cost.costBasis);
  encodeUsage(writer, usage);
}

function textField(writer: CborWriter, name: string, value: string): void {
  writer.text(name);
  writer.text(value);
}

/** RFC 3339 with nanoseconds and, as Go writes it, without zeros at the end. */
function formatTime(at: number, nanos: number): string {
  const text = new Date(at).toISOString();
  const fraction = (text.slice(20, 23) + String(nanos).padStart(6, "0")).replace(/0+$/, "");
  return `${text.slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
}
