import { encode } from "cborg";
import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { TermScanner } from "../../src/aperture/reader/term-scanner.ts";
import * as cbor from "./cbor-build.ts";
import { readContent, readWhole } from "./read-content.ts";
import { rewriteContent } from "./rewritten.ts";
import { sampleRecord } from "./sample-record.ts";
import { runs } from "../property/runs.ts";

const NONE = { service_tier: null, speed: null, inference_geo: null };

function recordOf(capture: object): Buffer {
  return sampleRecord({ capture: Buffer.from(encode(capture)) });
}

async function termsOf(capture: object) {
  return (await readContent(recordOf(capture), [])).requests[0]?.terms;
}

function events(...data: readonly object[]): Buffer {
  return Buffer.from(`${data.map((one) => `event: e\ndata: ${JSON.stringify(one)}`).join("\n\n")}\n\n`);
}

const ANTHROPIC = { role: "assistant", content: [{ type: "text", text: "hello" }], usage: { input_tokens: 3, service_tier: "priority", inference_geo: "us", speed: "fast" } };
const ANTHROPIC_TERMS = { service_tier: "priority", speed: "fast", inference_geo: "us" };
const ANTHROPIC_STREAM = events(
  { type: "message_start", message: { role: "assistant", content: [], usage: { input_tokens: 3, service_tier: "priority", inference_geo: "us", speed: "fast" } } },
  { type: "content_block_delta", delta: { type: "input_json_delta", partial_json: '{"usage":{"service_tier":"batch"}}' } },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 20 } },
);
const CHAT_STREAM = events({ object: "chat.completion.chunk", service_tier: "flex", choices: [{ delta: { content: "hi" } }] }, { choices: [], service_tier: "flex", usage: { total_tokens: 9 } });
const RESPONSES_STREAM = events(
  { type: "response.created", response: { service_tier: "auto", usage: null } },
  { type: "response.completed", response: { output: [{ content: [{ text: "hi" }] }], service_tier: "priority", usage: { total_tokens: 9 } } },
);

describe("the terms of an answer", () => {
  it.each<[string, object, object]>([
    ["Anthropic's, parsed", { responseBody: ANTHROPIC }, ANTHROPIC_TERMS],
    ["Anthropic's JSON", { rawResponseBody: Buffer.from(JSON.stringify(ANTHROPIC, null, 2)) }, ANTHROPIC_TERMS],
    ["Anthropic's JSON as a text", { responseBody: JSON.stringify(ANTHROPIC) }, ANTHROPIC_TERMS],
    ["Anthropic's stream", { responseBody: null, rawResponseBody: ANTHROPIC_STREAM }, ANTHROPIC_TERMS],
    ["OpenAI's chat, parsed", { responseBody: { choices: [], service_tier: "default", usage: { total_tokens: 9 } } }, { ...NONE, service_tier: "default" }],
    ["OpenAI's chat as a stream", { rawResponseBody: CHAT_STREAM }, { ...NONE, service_tier: "flex" }],
    ["OpenAI's responses as a stream, the tier that auto became", { rawResponseBody: RESPONSES_STREAM }, { ...NONE, service_tier: "priority" }],
    ["a parsed answer before the raw one", { responseBody: { usage: { service_tier: "batch" } }, rawResponseBody: ANTHROPIC_STREAM }, { ...ANTHROPIC_TERMS, service_tier: "batch" }],
    ["a tier that nobody decided", { responseBody: { service_tier: "auto" } }, NONE],
    ["no capture of the answer", { responseBody: null, rawResponseBody: null }, NONE],
    ["what was asked for", { requestBody: { service_tier: "flex", speed: "fast" } }, NONE],
    ["what is no term", { responseBody: { usage: { service_tier: "a tier of my own", speed: 7, inference_geo: "x".repeat(65) } } }, NONE],
    ["a key in the place of a term", { responseBody: { service_tier: "sk-ant-api03-0123456789abcdef" }, rawResponseBody: Buffer.from('{"usage":{"speed":"sk-proj-0123456789abcdef"}}') }, NONE],
    ["what a tool was called with", { responseBody: { content: [{ type: "tool_use", input: { usage: { service_tier: "batch" } } }] }, rawResponseBody: Buffer.from('{"content":[{"input":{"service_tier":"batch","usage":{"speed":"fast"}}}]}') }, NONE],
    ["a stream that broke off in the middle of an event", { rawResponseBody: Buffer.concat([Buffer.from('data: {"delta":{"text":"half of\n\n'), CHAT_STREAM]) }, { ...NONE, service_tier: "flex" }],
    ["bytes that are neither JSON nor events", { rawResponseBody: Buffer.from([0x1f, 0x8b, 0x22, 0x7b, 0x22, 0xff]) }, NONE],
  ])("%s", async (_, capture, terms) => {
    expect(await termsOf(capture)).toEqual(terms);
  });

  it.each([["a parsed answer", { responseBody: ANTHROPIC }], ["a stream", { rawResponseBody: ANTHROPIC_STREAM }]])("outlive the conversation in a copy without bodies: %s", async (_, capture) => {
    const { file, content, rewriting } = await rewriteContent(recordOf(capture), "drop_bodies");
    expect((await readWhole(file)).requests[0]?.terms).toEqual(ANTHROPIC_TERMS);
    expect([content.includes("hello"), content.includes("end_turn"), rewriting.bodiesDropped]).toEqual([false, false, 1]);
    expect((await rewriteContent(content, "drop_bodies")).rewriting.bodiesDropped).toBe(0);
  });
});

test("terms do not depend on the pieces in which an answer arrives", () => {
  const whole = fc.constantFrom(ANTHROPIC_STREAM, CHAT_STREAM, RESPONSES_STREAM, Buffer.from(JSON.stringify(ANTHROPIC)));
  fc.assert(
    fc.property(whole, fc.array(fc.nat({ max: 600 })), (bytes, cuts) => {
      const once = new TermScanner();
      once.push(bytes);
      const parted = new TermScanner();
      const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      for (const [index, end] of at.slice(1).entries()) parted.push(bytes.subarray(at[index], end));
      expect(parted.stated.terms).toEqual(once.stated.terms);
      expect(once.stated.isEmpty).toBe(false);
    }),
    runs(200),
  );
});

test("a text of the conversation is never a term, whatever it says", () => {
  const said = fc.oneof(fc.constantFrom('"service_tier":"batch"', '{"usage":{"speed":"fast"}}', '\n\n{"usage":{"service_tier":"batch"}}', '\\"service_tier\\":\\"batch\\"'), fc.string());
  fc.assert(
    fc.property(fc.array(said), fc.boolean(), (texts, isStream) => {
      const scanner = new TermScanner();
      scanner.push(isStream ? events(...texts.map((text) => ({ delta: { text }, [text]: text }))) : Buffer.from(JSON.stringify({ content: texts, of: Object.fromEntries(texts.map((text) => [text, text])) })));
      expect(scanner.stated.isEmpty).toBe(true);
    }),
    runs(200),
  );
});

describe("the tools of a capture", () => {
  const CALLS = [
    { name: "Bash", params: { command: "rm -rf /" } },
    { name: "mcp__github__create_issue", params: { name: "secret title" } },
    { params: "x", name: "mcp__github__create_issue" },
    { name: "search", server_name: "linear" },
    { name: "what is the meaning of life?" },
    { name: "sk-ant-api03-abcdefghijklmnop" },
    { params: {} },
    null,
  ];
  const COUNTED = [
    { server: "github", tool: "create_issue", calls: 2 },
    { server: "linear", tool: "search", calls: 1 },
    { server: null, tool: "(unnamed)", calls: 2 },
    { server: null, tool: "(unreadable)", calls: 2 },
    { server: null, tool: "Bash", calls: 1 },
  ];

  it("are counted by server and name", async () => {
    const [request] = (await readContent(recordOf({ toolUseData: CALLS }), [])).requests;
    expect([request?.toolCalls, request?.tools]).toEqual([8, COUNTED]);
  });

  it("are the same in a copy without bodies, which has nothing of their arguments", async () => {
    const { file, content } = await rewriteContent(recordOf({ toolUseData: CALLS }), "drop_bodies");
    expect((await readWhole(file)).requests[0]?.tools).toEqual(COUNTED);
    for (const said of ["rm -rf", "secret title", "meaning", "abcdefghijklmnop", "params"]) expect(content.includes(said)).toBe(false);
  });

  it("are bounded in number, and what is beyond is counted without a name", async () => {
    const list = cbor.array(Array.from({ length: 5000 }, () => cbor.map([["name", cbor.text("Read")]])));
    const [request] = (await readContent(sampleRecord({ capture: cbor.map([["toolUseData", list]]) }), [])).requests;
    expect(request?.tools).toEqual([{ server: null, tool: "(others)", calls: 904 }, { server: null, tool: "Read", calls: 4096 }]);
  });
});
