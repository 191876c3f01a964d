import { describe, expect, test } from "vitest";
import { readHook } from "../../src/aperture/hooks/read-hook.ts";

const METADATA = { login_name: "ann@example.com", user_agent: "claude-cli/2.1", url: "http://ai/v1/messages", model: "claude-opus-4-8", provider: "anthropic", tailnet_name: "example.ts.net", stable_node_id: "nA", request_id: "req_1", session_id: "sess_1" };

function read(call: unknown): ReturnType<typeof readHook> {
  return readHook(Buffer.from(JSON.stringify(call)));
}

describe("of a call", () => {
  test("the metadata is kept and nothing else", () => {
    const whole = { metadata: { ...METADATA, estimated_cost: { dollars: 0.046167639999999996, cost_basis: "anthropic/claude-opus-4-8" }, quotas: { "daily:ann": { current: 1 } }, grants: { secret: true } }, request_body: { messages: ["p"] }, user_message: "p", response_body: "r", raw_responses: ["r"], tool_calls: [{ name: "Bash", params: { command: "ls" } }] };
    expect(read(whole)).toEqual({ requestId: "req_1", login: "ann@example.com", provider: "anthropic", model: "claude-opus-4-8", cost: 46_167_640n });
  });

  test.each<[string, unknown, bigint | null]>([
    ["an estimate of nothing is one", { dollars: 0 }, 0n],
    ["no estimate", undefined, null],
    ["null", null, null],
    ["a number alone, whose unit nobody says", 5, null],
    ["text", { dollars: "5" }, null],
    ["a negative amount", { dollars: -1 }, null],
    ["more than a million dollars", { dollars: 1_000_001 }, null],
  ])("%s counts so", (_, estimate, cost) => {
    expect(read({ metadata: { ...METADATA, estimated_cost: estimate } })).toMatchObject({ cost });
  });

  test("names that are missing or of another type count as absent", () => {
    expect(read({ metadata: { request_id: "r", login_name: 7, model: {}, provider: "" } })).toEqual({ requestId: "r", login: null, provider: null, model: "unknown", cost: null });
    expect(read({ metadata: { request_id: "r", model: "m".repeat(5000) } })).toMatchObject({ model: "m".repeat(300) });
  });
});

test.each([
  ["not_json", "{"],
  ["not_json", "[]"],
  ["not_json", '"text"'],
  ["no_metadata", "{}"],
  ["no_metadata", '{"metadata": "x"}'],
  ["no_request_id", '{"metadata": {}}'],
  ["no_request_id", '{"metadata": {"request_id": ""}}'],
  ["no_request_id", `{"metadata": {"request_id": "${"r".repeat(201)}"}}`],
])("%s: %s", (fault, body) => {
  expect(readHook(Buffer.from(body))).toBe(fault);
});

test("what would reach a prototype stays a name", () => {
  expect(readHook(Buffer.from('{"__proto__": {"x": 1}, "metadata": {"__proto__": {"y": 1}, "request_id": "r", "model": "__proto__"}}'))).toMatchObject({ requestId: "r", model: "__proto__" });
  expect(Object.keys(Object.prototype)).toEqual([]);
});
