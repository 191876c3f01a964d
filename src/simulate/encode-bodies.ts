import type { CborWriter } from "./cbor-writer.ts";
import { type Conversations, SYSTEM_PROMPT, type Turn } from "./conversations.ts";
import type { SimulatedRecord } from "./simulated-record.ts";

const MAX_TOKENS = 32_000;

/** The six fields of a capture that hold headers and bodies; bodies are null without `conversations`. */
export function encodeBodies(writer: CborWriter, record: SimulatedRecord, conversations: Conversations | undefined): void {
  const turns = conversations?.turns(record.conversation.seed, record.conversation.turns + 1);
  writer.text("requestHeaders");
  encodeHeaders(writer, record.requestHeaders);
  writer.text("requestBody");
  if (turns === undefined) writer.null();
  else encodeRequest(writer, record.model.recorded, turns);
  writer.text("responseHeaders");
  encodeHeaders(writer, [["Content-Type", record.statusCode === 200 ? "text/event-stream" : "application/json"]]);
  writer.text("responseBody");
  encodeResponse(writer, record, turns?.at(-1));
  writer.text("rawRequestBody");
  if (turns !== undefined && record.keepsRaw) writer.bytes(requestJson(record.model.recorded, turns));
  else writer.null();
  writer.text("rawResponseBody");
  writer.null();
}

function encodeHeaders(writer: CborWriter, headers: SimulatedRecord["requestHeaders"]): void {
  writer.map(headers.length);
  for (const [name, value] of headers) {
    writer.text(name);
    writer.array(1);
    writer.text(value);
  }
}

/** All turns before this one, question and answer, and then this one's question. */
function encodeRequest(writer: CborWriter, model: string, turns: readonly Turn[]): void {
  writer.map(5);
  writer.text("model");
  writer.text(model);
  writer.text("max_tokens");
  writer.unsigned(MAX_TOKENS);
  writer.text("stream");
  writer.boolean(true);
  writer.text("system");
  writer.encodedText(SYSTEM_PROMPT);
  writer.text("messages");
  writer.array(turns.length * 2 - 1);
  for (const [index, { question, answer }] of turns.entries()) {
    writer.map(2);
    writer.text("role");
    writer.text("user");
    encodeContent(writer, question);
    if (index === turns.length - 1) break;
    writer.map(2);
    writer.text("role");
    writer.text("assistant");
    writer.text("content");
    writer.encodedText(answer);
  }
}

function encodeContent(writer: CborWriter, text: Uint8Array): void {
  writer.text("content");
  writer.array(1);
  writer.map(2);
  writer.text("type");
  writer.text("text");
  writer.text("text");
  writer.encodedText(text);
}

/** An answer, an error, or nothing where the stream broke off. */
function encodeResponse(writer: CborWriter, record: SimulatedRecord, turn: Turn | undefined): void {
  if (turn === undefined || (record.statusCode === 200 && record.usage.output_tokens === undefined)) {
    writer.null();
    return;
  }
  if (record.statusCode !== 200) {
    writer.map(1);
    writer.text("error");
    writer.map(1);
    writer.text("message");
    writer.text(`request ended with status ${record.statusCode}`);
    return;
  }
  writer.map(3);
  writer.text("role");
  writer.text("assistant");
  encodeContent(writer, turn.answer);
  writer.text("stop_reason");
  writer.text("end_turn");
}

const JSON_SYSTEM = Buffer.from(`","max_tokens":${MAX_TOKENS},"stream":true,"system":"`);
const JSON_MESSAGES = Buffer.from('","messages":[');
const JSON_QUESTION = Buffer.from('{"role":"user","content":[{"type":"text","text":"');
const JSON_ANSWER = Buffer.from('"}]},{"role":"assistant","content":"');
const JSON_NEXT = Buffer.from('"},');
const JSON_END = Buffer.from('"}]}]}');

/** The same request as the JSON that the client sent; the filler text needs no escapes. */
function requestJson(model: string, turns: readonly Turn[]): Uint8Array[] {
  const parts = [Buffer.from(`{"model":"${model}`), JSON_SYSTEM, SYSTEM_PROMPT, JSON_MESSAGES];
  for (const [index, { question, answer }] of turns.entries()) {
    parts.push(JSON_QUESTION, question);
    if (index === turns.length - 1) break;
    parts.push(JSON_ANSWER, answer, JSON_NEXT);
  }
  parts.push(JSON_END);
  return parts;
}
