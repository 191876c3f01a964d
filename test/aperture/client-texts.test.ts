import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CUT_MARK } from "../../src/aperture/reader/client-text.ts";
import type { Alteration } from "../../src/ledger/usage/recorded-request.ts";
import {
  array, bytes, double, FALSE, half, indefiniteArray, indefiniteMap, indefiniteText, integer, map, NULL, tagged, text, textOfBytes, UNDEFINED,
} from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { sampleRecord } from "./sample-record.ts";

/** What a client, or a gateway of another version, may write without deciding whether the request counts. */

const LIMIT = 2 ** 16;
const NOT_UTF8 = textOfBytes(Buffer.from([0x61, 0xc3, 0x28]));
const REPLACED = "a\ufffd(";
const LONG = "x".repeat(70_000);
const CUT = "x".repeat(LIMIT - Buffer.byteLength(CUT_MARK)) + CUT_MARK;
/** One text of two parts, the second of which is no UTF-8. */
const INVALID_PART = Buffer.concat([Buffer.from([0x7f]), text("ok "), textOfBytes(Buffer.from([0xff])), Buffer.from([0xff])]);

type Changes = Record<string, Buffer>;
type Read = Awaited<ReturnType<typeof readContent>>["requests"][number];
type Case = readonly [what: string, changes: Changes, read: (request: Read) => unknown, value: unknown, altered: readonly Alteration["kind"][]];

const header = (value: Buffer): Changes => ({ capture: map([["requestHeaders", map([["Wanted", value]])]]) });
const wanted = ({ headers }: Read): unknown => headers["wanted"] ?? null;
const node = (value: Buffer): Changes => ({ identity: map([["login_name", text("alice@example.com")], ["stable_node_id", value]]) });
const basis = (value: Buffer): Changes => ({ estimated_cost: map([["dollars", double(0.5)], ["cost_basis", value]]) });

const CASES: readonly Case[] = [
  ["a model that is no UTF-8", { model: NOT_UTF8 }, ({ model }) => model, REPLACED, ["not_utf8"]],
  ["a long model", { model: text(LONG) }, ({ model }) => model, CUT, ["too_long"]],
  ["a long model in parts", { model: indefiniteText(["x".repeat(40_000), "x".repeat(40_000)]) }, ({ model }) => model, CUT, ["too_long"]],
  ["a model with a part that is no UTF-8", { model: INVALID_PART }, ({ model }) => model, "ok \ufffd", ["not_utf8"]],
  ["a session that is no UTF-8", { session_id: NOT_UTF8 }, ({ sessionId }) => sessionId, REPLACED, ["not_utf8"]],
  ["a long session", { session_id: text(LONG) }, ({ sessionId }) => sessionId, CUT, ["too_long"]],
  ["a number for session", { session_id: integer(77) }, ({ sessionId }) => sessionId, null, ["wrong_type"]],
  ["a tagged session", { session_id: tagged(32, text("s")) }, ({ sessionId }) => sessionId, null, ["wrong_type"]],
  ["a false path", { path: FALSE }, ({ path }) => path, null, ["wrong_type"]],
  ["a path that is no UTF-8", { path: NOT_UTF8 }, ({ path }) => path, REPLACED, ["not_utf8"]],
  ["bytes for api type", { api_type: bytes(Buffer.from("x")) }, ({ apiType }) => apiType, null, ["wrong_type"]],
  ["a map for api type", { api_type: map([]) }, ({ apiType }) => apiType, null, ["wrong_type"]],
  ["a list for node", node(array([])), ({ nodeId }) => nodeId, null, ["wrong_type"]],
  ["a long node", node(text(LONG)), ({ nodeId }) => nodeId, CUT, ["too_long"]],
  ["a number for cost basis", basis(integer(1)), ({ cost, costBasis }) => [cost, costBasis], [500_000_000n, null], ["wrong_type"]],
  ["a cost basis that is no UTF-8", basis(NOT_UTF8), ({ costBasis }) => costBasis, REPLACED, ["not_utf8"]],
  ["a text for version", { ver: text("2") }, ({ version }) => version, null, ["wrong_type"]],
  ["a fraction for duration", { duration_ms: double(12.5) }, ({ durationMs }) => durationMs, null, ["wrong_type"]],
  ["a negative duration", { duration_ms: integer(-1) }, ({ durationMs }) => durationMs, null, ["wrong_type"]],
  ["a duration that is no number", { duration_ms: half(0x7e00) }, ({ durationMs }) => durationMs, null, ["wrong_type"]],
  ["a text for duration", { duration_ms: text("12") }, ({ durationMs }) => durationMs, null, ["wrong_type"]],
  ["a duration of 2^60", { duration_ms: integer(2n ** 60n) }, ({ durationMs }) => durationMs, null, ["wrong_type"]],
  ["a whole float for duration", { duration_ms: double(12) }, ({ durationMs }) => durationMs, 12, []],
  ["undefined for duration", { duration_ms: UNDEFINED }, ({ durationMs }) => durationMs, null, []],
  ["a text for capture", { capture: text("x") }, ({ toolCalls, headers }) => [toolCalls, headers], [0, {}], ["wrong_type"]],
  ["a list for headers", { capture: map([["requestHeaders", array([])]]) }, wanted, null, ["wrong_type"]],
  ["a number for a header", header(integer(1)), wanted, null, ["wrong_type"]],
  ["null for a header", header(NULL), wanted, null, []],
  ["null among a header's values", header(array([NULL])), wanted, null, ["wrong_type"]],
  ["a number among a header's values", header(array([text("a"), integer(1)])), wanted, null, ["wrong_type"]],
  ["a list among a header's values", header(array([array([text("a")])])), wanted, null, ["wrong_type"]],
  ["a text for a header's list", header(text("plain")), wanted, "plain", []],
  ["an empty list of values", header(array([])), wanted, null, []],
  ["several values", header(indefiniteArray([text("a"), indefiniteText(["b", "c"])])), wanted, "a, bc", []],
  ["a header that is no UTF-8", header(array([NOT_UTF8])), wanted, REPLACED, ["not_utf8"]],
  ["one of several values that is no UTF-8", header(array([text("a"), NOT_UTF8])), wanted, `a, ${REPLACED}`, ["not_utf8"]],
  ["a long header", header(array([text(LONG)])), wanted, CUT, ["too_long"]],
  ["several values that are long together", header(array([text("x".repeat(40_000)), text("y".repeat(40_000))])), wanted,
    `${"x".repeat(40_000)}, ${"y".repeat(LIMIT - 40_002 - Buffer.byteLength(CUT_MARK))}${CUT_MARK}`, ["too_long"]],
  ["very many values", header(indefiniteArray(Array.from({ length: 70_000 }, () => text("")))), (request) => String(wanted(request)).endsWith(CUT_MARK), true, ["too_long"]],
  ["headers in an indefinite map", { capture: map([["requestHeaders", indefiniteMap([["Wanted", array([NOT_UTF8])]])]]) }, wanted, REPLACED, ["not_utf8"]],
  ["a text for tool uses", { capture: map([["toolUseData", text("[]")]]) }, ({ toolCalls }) => toolCalls, 0, ["wrong_type"]],
  ["a map for tool uses", { capture: map([["toolUseData", map([])]]) }, ({ toolCalls }) => toolCalls, 0, ["wrong_type"]],
  ["a tagged list of tool uses", { capture: map([["toolUseData", tagged(1000, array([NULL]))]]) }, ({ toolCalls }) => toolCalls, 0, ["wrong_type"]],
  ["a key that is no UTF-8", { identity: map([[NOT_UTF8, integer(1)], ["login_name", text("alice@example.com")]]) }, ({ login }) => login, "alice@example.com", []],
];

describe("a request counts with", () => {
  it.each(CASES)("%s", async (_, changes, read, value, altered) => {
    const good = sampleRecord();
    const { requests, rejections, damage } = await readContent(Buffer.concat([good, sampleRecord(changes), good]), ["Wanted"]);
    expect({ rejections, damage, accepted: requests.length }).toEqual({ rejections: [], damage: null, accepted: 3 });
    const [, request] = requests;
    expect(request && read(request)).toEqual(value);
    expect(request?.remarks.altered.map(({ kind }) => kind)).toEqual(altered);
  });
});

describe("a text of 64 KiB", () => {
  it.each([
    ["is kept whole", "x".repeat(LIMIT), "x".repeat(LIMIT)],
    ["and a byte is cut", "x".repeat(LIMIT + 1), CUT],
    ["and more is cut before a character that it would part", `${"x".repeat(LIMIT - Buffer.byteLength(CUT_MARK) - 2)}🦊${LONG}`, `${"x".repeat(LIMIT - Buffer.byteLength(CUT_MARK) - 2)}${CUT_MARK}`],
    ["with U+FFFD in it is kept", `${"x".repeat(LIMIT - 3)}\ufffd`, `${"x".repeat(LIMIT - 3)}\ufffd`],
  ])("%s", async (_, path, kept) => {
    const { requests } = await readContent(sampleRecord({ path: text(path) }));
    expect(requests[0]?.path === kept).toBe(true);
  });
});

/** Any bytes as a text, whole or in parts, alone or as one of a header's values. */
const anyText = fc.record({ content: fc.uint8Array({ maxLength: 40 }), repeat: fc.constantFrom(1, 1, 2000, 7000), isParted: fc.boolean() });

function encode({ content, repeat, isParted }: { content: Uint8Array; repeat: number; isParted: boolean }): Buffer {
  const whole = Buffer.concat(Array.from({ length: repeat }, () => content));
  if (!isParted) return textOfBytes(whole);
  const middle = whole.length >> 1;
  return Buffer.concat([Buffer.from([0x7f]), textOfBytes(whole.subarray(0, middle)), textOfBytes(whole.subarray(middle)), Buffer.from([0xff])]);
}

it("is a text of at most 64 KiB, whatever its bytes are and in whatever pieces they arrive", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.nat(3000), async (any, before) => {
      const value = encode(any);
      const record = sampleRecord({ model: value, path: value, session_id: value, ...header(array([value])) });
      // What comes before moves the record over the border of a piece.
      const padding = map([["padding", bytes(Buffer.alloc(before * 50))]]);
      const { requests, rejections } = await readContent(Buffer.concat([padding, record, sampleRecord()]), ["wanted"]);
      expect(rejections.map(({ reason }) => reason)).toEqual(["no_identifier"]);
      expect(requests).toHaveLength(2);
      const { model = "", path, sessionId, headers } = requests[0] ?? {};
      expect([path, sessionId, headers?.["wanted"]]).toEqual([model, model, model]);
      expect(Buffer.byteLength(model)).toBeLessThanOrEqual(LIMIT);
      expect(model.isWellFormed()).toBe(true);
    }),
    { numRuns: 60 },
  );
});
