import { describe, expect, it } from "vitest";
import {
  array, bytes, double, head, indefiniteArray, indefiniteBytes, indefiniteMap, indefiniteText, integer, map, NULL,
  tagged, text, textOfBytes,
} from "./cbor-build.ts";
import { readContent } from "./read-content.ts";
import { EXPORT_TIME, recordEntries, sampleRecord, sampleRecords } from "./sample-record.ts";

/** The one request in an export of this record. */
async function readOne(record: Buffer, headers: readonly string[] = []) {
  const { requests, rejections, damage } = await readContent(record, headers);
  expect({ requests: requests.length, rejections, damage }).toEqual({ requests: 1, rejections: [], damage: null });
  return requests[0];
}

describe("a record", () => {
  it("is read field by field", async () => {
    expect(await readOne(sampleRecord())).toEqual({
      id: 7n,
      version: 2,
      ts: Date.UTC(2026, 9, 5, 12) * 1000 + 123_456,
      login: "alice@example.com",
      nodeId: "nABC",
      tags: [],
      model: "anthropic/claude-sonnet-4-6",
      apiType: "ant_messages",
      path: "/v1/messages",
      usage: {
        inputTokens: 10, outputTokens: 20, cachedTokens: 0, cacheWriteTokens: 0, cacheWrite5mTokens: 0,
        cacheWrite1hTokens: 0, reasoningTokens: 0, imageInputTokens: 0, imageOutputTokens: 0, webSearches: 0,
      },
      cost: 46_167_640n,
      costBasis: "anthropic/claude-sonnet-4-6",
      durationMs: 1234,
      captureId: "cap-1",
      sessionId: "ses-1",
      statusCode: 200,
      headers: {},
      toolCalls: 0,
      tools: [],
      terms: { service_tier: null, speed: null, inference_geo: null },
      unknownCounts: new Map(),
      credential: null,
      remarks: { altered: [], unknownKeys: [] },
    });
  });

  it("keeps each token count apart", async () => {
    const names = [
      "input_tokens", "output_tokens", "cached_tokens", "cache_creation_input_tokens", "cache_creation_5m_input_tokens",
      "cache_creation_1h_input_tokens", "reasoning_tokens", "image_input_tokens", "image_output_tokens", "web_search_count",
    ];
    const usage = map(names.map((name, i) => [name, integer(2 ** i)]));
    expect((await readOne(sampleRecord({ usage })))?.usage).toEqual({
      inputTokens: 1, outputTokens: 2, cachedTokens: 4, cacheWriteTokens: 8, cacheWrite5mTokens: 16,
      cacheWrite1hTokens: 32, reasoningTokens: 64, imageInputTokens: 128, imageOutputTokens: 256, webSearches: 512,
    });
  });

  it("needs an identifier, a time and an identity, and nothing else", async () => {
    const record = map([["id", integer(1)], ["timestamp", integer(1_791_200_000)], ["identity", map([])]]);
    expect(await readOne(record)).toMatchObject({
      login: null, nodeId: null, tags: [], model: "", cost: null, costBasis: null, durationMs: null, captureId: null,
      statusCode: 0, version: null,
    });
  });

  it("takes null for absent", async () => {
    const names = ["ver", "model", "api_type", "usage", "estimated_cost", "duration_ms", "capture_id", "session_id", "path", "status_code", "capture"];
    const record = sampleRecord(Object.fromEntries(names.map((name) => [name, NULL])));
    expect(await readOne(record)).toMatchObject({ id: 7n, model: "", cost: null, captureId: null, statusCode: 0 });
  });

  it("is read whatever keys it has that are not known", async () => {
    const future = map([["deep", array([integer(1), map([["identity", integer(1)]])])]]);
    expect(await readOne(sampleRecord({ future, ver: integer(9) }))).toMatchObject({ id: 7n, version: 9 });
  });

  it("may have keys that are no texts", async () => {
    const odd = map([
      [integer(1), integer(2)], [array([text("id")]), integer(3)], [NULL, map([])], [bytes(Buffer.from("id")), integer(9)],
      [textOfBytes(Buffer.from([0xff])), integer(4)], [text("x".repeat(70_000)), integer(5)], ...recordEntries(),
    ]);
    expect(await readOne(odd)).toMatchObject({ id: 7n, captureId: "cap-1" });
  });

  it("has the last of two values of the same key", async () => {
    const twice = map([["id", integer(1)], ["usage", map([["input_tokens", integer(99)]])], ...recordEntries(), ["model", text("other")]]);
    expect(await readOne(twice)).toMatchObject({ id: 7n, model: "other", usage: { inputTokens: 10 } });
  });

  it("may have indefinite lengths everywhere", async () => {
    const record = indefiniteMap([
      [indefiniteText(["i", "", "d"]), integer(3)],
      ["timestamp", indefiniteText(["2026-10-05T", "12:00:00Z"])],
      ["identity", indefiniteMap([["tags", indefiniteArray([indefiniteText(["tag:", "ci"]), text("tag:api")])]])],
      ["usage", indefiniteMap([["input_tokens", integer(5)]])],
      ["estimated_cost", indefiniteMap([["dollars", double(0.5)]])],
      ["capture", indefiniteMap([
        ["requestHeaders", indefiniteMap([["User-Agent", indefiniteArray([text("codex_cli/1")])]])],
        ["rawRequestBody", indefiniteBytes([Buffer.alloc(70_000), Buffer.alloc(0)])],
        ["toolUseData", indefiniteArray([map([]), indefiniteMap([])])],
      ])],
    ]);
    expect(await readOne(record, ["user-agent"])).toMatchObject({
      id: 3n, ts: Date.UTC(2026, 9, 5, 12) * 1000, tags: ["tag:ci", "tag:api"], usage: { inputTokens: 5 },
      cost: 500_000_000n, headers: { "user-agent": "codex_cli/1" }, toolCalls: 2,
    });
  });

  it("may have heads longer than they need be", async () => {
    const record = map([["id", integer(3, 8)], ["model", text("m", 8)], ["usage", map([["input_tokens", integer(4, 4)]], 8)]], 8);
    const rest = map(recordEntries({ id: undefined, model: undefined, usage: undefined }));
    const whole = Buffer.concat([map([], 0).subarray(1), head(5, 3 + 11 - 1, 8), record.subarray(9), rest.subarray(1)]);
    expect(await readOne(whole)).toMatchObject({ id: 3n, model: "m", usage: { inputTokens: 4 } });
  });
});

describe("a capture", () => {
  it.each([
    ["a list", array([map([]), NULL, integer(1)]), 3],
    ["an empty list", array([]), 0],
    ["an indefinite list", indefiniteArray([map([["id", integer(1)]]), array([integer(1), integer(2)])]), 2],
    ["a list of 300", array(Array.from({ length: 300 }, () => map([["name", text("Bash")]]))), 300],
    ["null", NULL, 0],
  ])("counts its tool uses: %s", async (_, toolUseData, toolCalls) => {
    expect(await readOne(sampleRecord({ capture: map([["toolUseData", toolUseData]]) }))).toMatchObject({ toolCalls });
  });

  it("gives the wanted headers in any case, several values joined", async () => {
    const requestHeaders = map([
      ["USER-AGENT", array([text("claude-cli/2")])], ["x-github-repository", array([text("acme/web"), text("acme/api")])],
      ["X-Empty", array([])], ["X-Null", NULL], ["X-Plain", text("one")], ["Authorization", array([text("Bearer secret")])],
    ]);
    const wanted = ["User-Agent", "X-GitHub-Repository", "X-Empty", "x-null", "X-PLAIN", "X-Absent"];
    const request = await readOne(sampleRecord({ capture: map([["requestHeaders", requestHeaders]]) }), wanted);
    expect(request?.headers).toEqual({
      "user-agent": "claude-cli/2", "x-github-repository": "acme/web, acme/api", "x-plain": "one",
    });
  });

  it.each([["null", NULL], ["a list", array([])]])("may have %s for headers of the response", async (_, headers) => {
    expect(await readOne(sampleRecord({ capture: map([["responseHeaders", headers], ["requestHeaders", NULL]]) }))).toBeDefined();
  });

  it("may have bodies far larger than what is kept", async () => {
    const large = bytes(Buffer.alloc(5 * 2 ** 20, 7));
    const capture = map([["rawRequestBody", large], ["requestBody", map([["model", large], ["id", array([large])]])]]);
    expect(await readOne(sampleRecord({ capture, notes: text("n".repeat(200_000)) }))).toMatchObject({ id: 7n });
  });
});

describe("an export", () => {
  it("without records is whole", async () => {
    expect(await readContent(Buffer.alloc(0))).toMatchObject({ read: 0, damage: null });
  });

  it("hands out records in order, each with its place", async () => {
    const content = Buffer.concat([sampleRecords(2), integer(5), sampleRecord({ id: integer(2) }), text("no record")]);
    const { requests, rejectedPlaces, ...reading } = await readContent(content);
    expect(requests.map(({ id }) => id)).toEqual([0n, 1n, 2n]);
    expect(reading).toMatchObject({ read: 5, accepted: 3, rejected: 2, contentBytes: content.length });
    expect(rejectedPlaces).toEqual([
      { position: 2, offset: sampleRecords(2).length, length: 1 },
      { position: 4, offset: content.length - 10, length: 10 },
    ]);
  });

  it("may hold a record as young as a day past its own time", async () => {
    const at = (millis: number): Buffer => sampleRecord({ timestamp: text(new Date(millis).toISOString()) });
    const limit = EXPORT_TIME.getTime() + 86_400_000;
    const { requests, rejections } = await readContent(Buffer.concat([at(limit), at(limit + 1)]));
    expect(requests).toHaveLength(1);
    expect(rejections).toEqual([{ reason: "timestamp_out_of_range", field: "timestamp" }]);
  });

  it.each([
    ["a tagged map", tagged(1000, sampleRecord())], ["null", NULL], ["a list of records", array([sampleRecord()])],
    ["bytes", bytes(sampleRecord())],
  ])("quarantines %s and goes on", async (_, item) => {
    const { rejections, accepted } = await readContent(Buffer.concat([item, sampleRecord()]));
    expect({ rejections, accepted }).toEqual({ rejections: [{ reason: "not_a_map", field: null }], accepted: 1 });
  });
});
