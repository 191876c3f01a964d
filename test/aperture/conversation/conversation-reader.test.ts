import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConversationReader } from "../../../src/aperture/conversation/conversation-reader.ts";
import { map, text as cborText } from "../cbor-build.ts";
import { readConversation, type ReadMessage } from "./read-conversation.ts";

const ANTHROPIC = {
  model: "claude", system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
  messages: [
    { role: "user", content: "List the files" },
    { role: "assistant", content: [{ type: "thinking", thinking: "ls will do", signature: "xyz" }, { type: "tool_use", id: "t1", name: "Bash", input: { command: "ls -la", type: "shell", timeout: 5 } }] },
    { content: [{ content: [{ text: "a.txt", type: "text" }], tool_use_id: "t1", type: "tool_result" }, { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } }], role: "user" },
  ],
};
const ANTHROPIC_ANSWER = { id: "m1", type: "message", role: "assistant", content: [{ type: "text", text: "One file: a.txt" }], stop_reason: "end_turn", usage: { output_tokens: 3 } };
const ANTHROPIC_READ: ReadMessage[] = [
  { side: "request", role: "settings", parts: ["text: claude"] },
  { side: "request", role: "system", parts: ["text: Be brief."] },
  { side: "request", role: "user", parts: ["text: List the files"] },
  { side: "request", role: "assistant", parts: ["thinking: ls will do", "tool call Bash: command=ls -la | type=shell | timeout=5"] },
  { side: "request", role: "user", parts: ["tool result: a.txt"] },
  { side: "response", role: "assistant", parts: ["text: One file: a.txt"] },
];

const FORMS: readonly [what: string, capture: Record<string, unknown>, read: ReadMessage[]][] = [
  ["Anthropic Messages", { requestBody: ANTHROPIC, responseBody: ANTHROPIC_ANSWER }, ANTHROPIC_READ],
  ["Anthropic Messages as JSON", { requestBody: null, rawRequestBody: Buffer.from(JSON.stringify(ANTHROPIC)), rawResponseBody: Buffer.from(JSON.stringify(ANTHROPIC_ANSWER)) }, ANTHROPIC_READ],
  [
    "OpenAI Chat Completions",
    {
      requestBody: { messages: [{ role: "developer", content: "Be brief." }, { role: "user", content: [{ type: "text", text: "Hi" }, { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }, { role: "assistant", content: null, tool_calls: [{ id: "c", type: "function", function: { name: "find", arguments: String.raw`{"q":"say \"hi\""}` } }] }, { role: "tool", tool_call_id: "c", content: "found" }] },
      responseBody: { choices: [{ index: 0, message: { role: "assistant", content: "Done" }, finish_reason: "stop" }] },
    },
    [
      { side: "request", role: "system", parts: ["text: Be brief."] },
      { side: "request", role: "user", parts: ["text: Hi", "media: (data)"] },
      { side: "request", role: "assistant", parts: ['tool call find: {"q":"say "hi""}'] },
      { side: "request", role: "tool", parts: ["text: found"] },
      { side: "response", role: "assistant", parts: ["text: Done"] },
    ],
  ],
  [
    "OpenAI Responses",
    {
      requestBody: { instructions: "Be brief.", input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }, { type: "function_call", name: "find", arguments: '{"q":1}', call_id: "c" }, { type: "function_call_output", call_id: "c", output: "found" }] },
      responseBody: { output: [{ type: "reasoning", summary: [{ type: "summary_text", text: "Simple" }] }, { type: "message", role: "assistant", content: [{ type: "output_text", text: "Done" }] }] },
    },
    [
      { side: "request", role: "system", parts: ["text: Be brief."] },
      { side: "request", role: "user", parts: ["text: Hi"] },
      { side: "request", role: "assistant", parts: ['tool call find: {"q":1}'] },
      { side: "request", role: "tool", parts: ["tool result: found"] },
      { side: "response", role: "assistant", parts: ["thinking: Simple"] },
      { side: "response", role: "assistant", parts: ["text: Done"] },
    ],
  ],
  [
    "Gemini",
    {
      requestBody: { systemInstruction: { parts: [{ text: "Be brief." }] }, contents: [{ role: "user", parts: [{ text: "Hi" }] }, { role: "model", parts: [{ functionCall: { name: "find", args: { q: "x" } } }] }, { role: "user", parts: [{ functionResponse: { name: "find", response: { r: "found" } } }] }] },
      responseBody: { candidates: [{ content: { role: "model", parts: [{ text: "Done" }] } }] },
    },
    [
      { side: "request", role: "system", parts: ["text: Be brief."] },
      { side: "request", role: "user", parts: ["text: Hi"] },
      { side: "request", role: "assistant", parts: ["tool call find: q=x"] },
      { side: "request", role: "user", parts: ["tool result find: r=found"] },
      { side: "response", role: "assistant", parts: ["text: Done"] },
    ],
  ],
  [
    "an error, and the tools that the gateway recorded",
    { requestBody: { input: "Hi" }, responseBody: { error: { type: "overloaded_error", message: "try later" } }, toolUseData: [{ name: "Bash", params: { command: "ls" } }] },
    [
      { side: "request", role: "user", parts: ["text: Hi"] },
      { side: "response", role: "error", parts: ["text: try later"] },
      { side: "response", role: "tool use", parts: ["tool call Bash: command=ls"] },
    ],
  ],
];

describe("messages are found in bodies of", () => {
  test.each(FORMS)("%s", (_, capture, expected) => {
    expect(readConversation(capture)).toEqual({ messages: expected, isAny: true, unread: 0 });
    const sorted = ({ messages }: { messages: ReadMessage[] }): string[] => messages.map(({ role, parts }) => `${role} ${parts.map((part) => part.split(/ \| |: /).toSorted().join()).join()}`).toSorted();
    // Gateways need not keep the order of a map.
    expect(sorted(readConversation(capture, Infinity, "sorted"))).toEqual(sorted({ messages: expected }));
  });
});

function events(...data: object[]): Buffer {
  return Buffer.from(`: hello\n\n${data.map((one) => `event: e\r\ndata: ${JSON.stringify(one)}\r\n\r\n`).join("")}data: [DONE]\n\n`);
}

const STREAMS: readonly [what: string, raw: Buffer, parts: string[]][] = [
  [
    "Anthropic",
    events(
      { type: "message_start", message: { role: "assistant", content: [] } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } },
      { type: "content_block_start", index: 1, content_block: { type: "tool_use", id: "t", name: "Bash", input: {} } },
      { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"command":"echo ' } },
      { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: String.raw`\"hi\"\n"}` } },
    ),
    ["text: Hello", 'tool call Bash: {"command":"echo "hi"\n"}'],
  ],
  ["OpenAI Chat Completions", events({ choices: [{ delta: { role: "assistant", content: "Hel" } }] }, { choices: [{ delta: { content: "lo" } }] }), ["text: Hello"]],
  [
    "OpenAI Responses",
    events({ type: "response.created", response: { output: [] } }, { type: "response.output_text.delta", delta: "Hel" }, { type: "response.output_text.delta", delta: "lo" }, { type: "response.output_text.done", text: "Hello" }, { type: "response.completed", response: { output: [{ content: [{ text: "Hello" }] }] } }),
    ["text: Hello"],
  ],
  ["Gemini", events({ candidates: [{ content: { parts: [{ text: "Hel" }] } }] }, { candidates: [{ content: { parts: [{ text: "lo" }] } }] }), ["text: Hello"]],
];

describe("a streamed answer is put together:", () => {
  test.each(STREAMS)("%s", (_, raw, parts) => {
    expect(readConversation({ rawResponseBody: raw }).messages).toEqual([{ side: "response", role: "assistant", parts }]);
  });
});

test("compressed bodies are read, and one that cannot be is counted", () => {
  const [, stream, parts] = STREAMS[0]!;
  for (const compress of [gzipSync, deflateSync, zstdCompressSync, brotliCompressSync]) {
    expect(readConversation({ rawResponseBody: compress(stream) })).toMatchObject({ messages: [{ parts }], unread: 0 });
  }
  expect(readConversation({ rawResponseBody: gzipSync(stream).subarray(0, 60) })).toEqual({ messages: [], isAny: false, unread: 1 });
});

test("escapes of JSON are what they stand for, and JSON that is cut off ends where it is cut off", () => {
  const raw = Buffer.from(String.raw`{"messages":[{"role":"user","content":"caf\u00e9 \ud83d\ude00\n\"quoted\" \\ \/ end`);
  expect(readConversation({ rawRequestBody: raw }).messages).toEqual([{ side: "request", role: "user", parts: ['text: café 😀\n"quoted" \\ / end'] }]);
});

test("what is read does not depend on how the bytes arrive", () => {
  const captures = [...FORMS.map(([, capture]) => capture), ...STREAMS.map(([, raw]) => ({ rawResponseBody: raw })), { rawRequestBody: Buffer.from(String.raw`{"messages":[{"content":"é\u00e9😀\ud83d\ude00\\n\n"}]}`) }];
  fc.assert(
    fc.property(fc.constantFrom(...captures), fc.integer({ min: 1, max: 40 }), (capture, pieceBytes) => {
      expect(readConversation(capture, pieceBytes)).toEqual(readConversation(capture));
    }),
  );
});

test("a body of a hundred thousand lists inside each other is passed", () => {
  const deep = Buffer.concat([Buffer.alloc(100_000, 0x81), Buffer.from([0x01])]);
  const ask = map([["role", cborText("user")], ["content", cborText("Hi")]]);
  const record = map([["capture", map([["responseBody", deep], ["requestBody", map([["metadata", deep], ["messages", Buffer.concat([Buffer.from([0x81]), ask])]])]])]]);
  const roles: string[] = [];
  const nothing = (): void => undefined;
  const reader = new ConversationReader({ beginMessage: nothing, beginPart: nothing, beginText: nothing, text: nothing, endText: nothing, endPart: nothing, endMessage: (role) => void roles.push(role) });
  reader.push(record);
  expect(reader.finish()).toEqual({ isAny: true, unread: 0 });
  expect(roles).toContain("user");
  expect(readConversation({ rawRequestBody: Buffer.from("[".repeat(100_000)) }).unread).toBe(0);
});

test("no bytes make the reader fail", () => {
  const strings = fc.oneof(fc.string(), fc.constantFrom("{", "[", "data: {", '{"messages":[', '{"content":"\\u', "\u0000"));
  fc.assert(
    fc.property(fc.array(fc.oneof(strings.map((text) => Buffer.from(text)), fc.uint8Array().map((bytes) => Buffer.from(bytes)))), fc.jsonValue(), (parts, value) => {
      expect(() => readConversation({ rawRequestBody: Buffer.concat(parts), rawResponseBody: Buffer.concat(parts), requestBody: value, responseBody: value })).not.toThrow();
    }),
  );
});
