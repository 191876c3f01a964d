import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { decodeFirst } from "cborg";
import { describe, expect, it } from "vitest";
import { redactorOf } from "../../src/aperture/rewrite/redactor.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { describeWithFixtures } from "../fixtures.ts";
import * as cbor from "./cbor-build.ts";
import { readWhole, withFile } from "./read-content.ts";
import { contentOf, rewriteContent, rewriteFile } from "./rewritten.ts";
import { IDENTITY, sampleRecord } from "./sample-record.ts";

/** Stands in every place that may hold conversation, in every form that CBOR has for it. */
const CANARY = "canary-of-a-prompt";
const text = cbor.text(CANARY);
const long = cbor.text(CANARY.repeat(20));
const parted = cbor.indefiniteText(["the prompt ", CANARY]);
const raw = cbor.bytes(Buffer.from(`{"prompt":"${CANARY}"}`));
const deep = cbor.nested(300, cbor.head(4, 1)).subarray(0, -1);
const bodies = {
  text, long, parted, raw,
  map: cbor.map([["messages", cbor.array([text, parted])], [text, text]]),
  list: cbor.indefiniteArray([text, raw]),
  tagged: cbor.tagged(24, raw),
  "parted bytes": cbor.indefiniteBytes([Buffer.from(CANARY), Buffer.from(CANARY)]),
  nested: Buffer.concat([deep, text]),
};
const BODY_FIELDS = ["requestBody", "responseBody", "rawRequestBody", "rawResponseBody", "toolUseData"];

function recordWith(capture: readonly cbor.Entry[]): Buffer {
  return sampleRecord({ capture: cbor.map(capture) });
}

function decoded(content: Buffer): Record<string, Record<string, unknown>> {
  const [record] = decodeFirst(content) as [Record<string, Record<string, unknown>>, Uint8Array];
  return record;
}

describe("dropping bodies", () => {
  it.each(Object.entries(bodies))("leaves nothing of a conversation written as %s", async (form, body) => {
    const capture: cbor.Entry[] = [
      ...BODY_FIELDS.map((name): cbor.Entry => [name, body]),
      ...BODY_FIELDS.map((name): cbor.Entry => [cbor.indefiniteText([name.slice(0, 3), name.slice(3)]), body]),
      ["requestBody", body],
      // A map is what headers and captures are.
      ["requestHeaders", form === "map" ? text : body],
      [cbor.bytes(Buffer.from(CANARY.repeat(20))), cbor.NULL],
      [cbor.array([text]), cbor.NULL],
    ];
    const content = Buffer.concat([recordWith(capture), sampleRecord({ capture: form === "map" ? long : body }), recordWith(capture)]);
    const { rewriting, content: copy } = await rewriteContent(content, "drop_bodies");
    expect(copy.includes(CANARY)).toBe(false);
    expect(rewriting).toMatchObject({ records: 3, removed: 0, bodiesDropped: 3, damage: null });
  });

  it("leaves nothing in fields that nobody knows, but for short texts", async () => {
    const unknown = [long, bodies.map, bodies.list, bodies.tagged].map((value, i): cbor.Entry => [`new${String(i)}`, value]);
    const { content } = await rewriteContent(recordWith([...unknown, ["startTime", cbor.text("2026-10-05T12:00:00Z")], ["count", cbor.integer(7)]]), "drop_bodies");
    expect(decoded(content)["capture"]).toEqual({ new0: null, new1: null, new2: null, new3: null, startTime: "2026-10-05T12:00:00Z", count: 7 });
  });

  it("leaves nothing of large items that are no records, which stay no records", async () => {
    const { content, file } = await rewriteContent(Buffer.concat([long, cbor.text("short"), bodies.nested, sampleRecord()]), "drop_bodies");
    expect(content.includes(CANARY)).toBe(false);
    expect(await readWhole(file)).toMatchObject({ accepted: 1, rejected: 3 });
  });

  it("keeps how many tools were called", async () => {
    const { content, file } = await rewriteContent(recordWith([["toolUseData", cbor.array([bodies.map, text, cbor.NULL])]]), "drop_bodies");
    expect(decoded(content)["capture"]).toEqual({ toolUseData: [null, null, null] });
    expect((await readWhole(file)).requests[0]?.toolCalls).toBe(3);
  });

  it("takes credentials out of headers in any case, and leaves the others", async () => {
    const headers = cbor.map([
      ["AUTHORIZATION", cbor.array([cbor.text("Bearer one"), cbor.text("two")])],
      ["Set-Cookie", cbor.text("session=1")],
      ["x-api-key", cbor.NULL],
      ["User-Agent", cbor.array([cbor.text("claude-cli/2.0")])],
    ]);
    const { content, rewriting } = await rewriteContent(recordWith([["requestHeaders", headers], ["responseHeaders", headers]]), "drop_bodies");
    const clean = { AUTHORIZATION: ["[dropped api_key]", "[dropped api_key]"], "Set-Cookie": "[dropped]", "x-api-key": null, "User-Agent": ["claude-cli/2.0"] };
    expect(decoded(content)["capture"]).toEqual({ requestHeaders: clean, responseHeaders: clean });
    expect(rewriting.damage).toBeNull();
  });

  it("ends where the content ends, so that half a record is no record in the copy either", async () => {
    const last = sampleRecord({ capture: cbor.map([["requestBody", bodies.map]]) });
    for (let cut = 1; cut < bodies.map.length; cut++) {
      const { file, rewriting } = await rewriteContent(Buffer.concat([sampleRecord(), last.subarray(0, -cut)]), "drop_bodies");
      expect(await readWhole(file)).toMatchObject({ accepted: 1, read: 1 });
      expect(rewriting.damage?.code).toBe("cbor_truncated");
    }
  });
});

describe("redacting bodies", () => {
  it("looks once through a text that is no UTF-8, whose marks a configured pattern matches", async () => {
    const odd = (middle: string): Buffer => cbor.textOfBytes(Buffer.from(`\xff ${middle} \xff`, "latin1"));
    const { content, rewriting } = await rewriteContent(recordWith([["requestBody", odd("ticket-1")]]), "redact_bodies", redactorOf([{ name: "ticket", pattern: "ticket(?:-\\d+)?" }]));
    expect(content.equals(recordWith([["requestBody", odd("[ticket]")]]))).toBe(true);
    expect(rewriting.redactions).toEqual({ ticket: 1 });
  });

  const found = `mail me at alice@example.com, ${CANARY}`;
  const capture = (value: string): Buffer =>
    recordWith([
      ["requestBody", cbor.map([["alice@example.com", cbor.array([cbor.text(value), cbor.integer(3)])], ["plain", cbor.text("kept", 8)]])],
      ["rawRequestBody", cbor.bytes(Buffer.from(value))],
      ["rawResponseBody", cbor.bytes(Buffer.concat([Buffer.from([0xff]), Buffer.from(value)]))],
      ["requestHeaders", cbor.map([["X-From", cbor.array([cbor.text(value)])]])],
      ["toolUseData", cbor.indefiniteArray([cbor.text(value)])],
      ["new", cbor.text(value)],
    ]);

  it("replaces matches in every value of a capture, counts them, and leaves keys and everything else", async () => {
    const item = cbor.text("bob@example.com is no record");
    const { content, rewriting } = await rewriteContent(Buffer.concat([capture(found), item]), "redact_bodies");
    expect(content).toEqual(Buffer.concat([capture(found.replace("alice@example.com", "[mail]")), cbor.text("[mail] is no record")]));
    expect(rewriting).toMatchObject({ records: 2, bodiesDropped: 0, redactions: { mail: 7 } });
  });

  it("finds what is spread over the parts of a text", async () => {
    const { content } = await rewriteContent(recordWith([["requestBody", cbor.indefiniteText(["to alice@exa", "mple.com"])]]), "redact_bodies");
    expect(content).toEqual(recordWith([["requestBody", cbor.text("to [mail]")]]));
  });

  it("replaces a text of more than 16 MiB as a whole, and keeps one below that", async () => {
    const body = (size: number): Buffer => recordWith([["requestBody", cbor.text("a".repeat(size))]]);
    const { content, rewriting } = await rewriteContent(Buffer.concat([body(2 ** 24 + 1), body(2 ** 24 - 8)]), "redact_bodies");
    expect(content.equals(Buffer.concat([recordWith([["requestBody", cbor.text("[too_large]")]]), body(2 ** 24 - 8)]))).toBe(true);
    expect(rewriting.redactions).toEqual({ too_large: 1 });
  });

  it("replaces the configured patterns too", async () => {
    const { content } = await rewriteContent(capture(found), "redact_bodies", redactorOf([{ name: "project", pattern: "canary-\\S+" }]));
    expect(content).toEqual(capture("mail me at [mail], [project]"));
  });
});

it("removes and keeps records one by one, by their position", async () => {
  const records = [0, 1, 2, 3].map((id) => sampleRecord({ id: cbor.integer(id), identity: IDENTITY }));
  const { content, rewriting } = await rewriteContent(Buffer.concat(records), (position) => (position % 2 === 0 ? "remove" : "keep"));
  expect(content).toEqual(Buffer.concat([records[1] ?? text, records[3] ?? text]));
  expect(rewriting).toMatchObject({ records: 4, removed: 2, bodiesDropped: 0 });
});

const HEADERS = ["user-agent", "x-github-repository"];

describeWithFixtures("exports written by other programs", ["autumn", "bodies", "hostile"], (pathOf) => {
  const filesOf = (set: string): string[] => readdirSync(pathOf(set)).filter((name) => name.endsWith(".zstd")).map((name) => join(pathOf(set), name));
  /** The longest takes a gigabyte: what is in memory at once is looked at elsewhere. */
  const hostile = filesOf("hostile").filter((file) => !file.endsWith("bomb.cbor.zstd"));
  const files = [...hostile, ...filesOf("bodies"), ...filesOf("autumn").slice(0, 20)];

  it.each(files.map((file) => [basename(file), file] as const))("%s is read from the copies as from the original", async (_name, file) => {
    const { damage, contentBytes, ...original } = await readWhole(file, undefined, HEADERS);
    const { rejectedPlaces: _places, ...readings } = original;
    for (const treatment of ["keep", "drop_bodies", "redact_bodies"] as const) {
      const { rewriting, file: copy } = await rewriteFile(file, treatment);
      expect(rewriting).toMatchObject({ records: original.read, damage });
      expect(await readWhole(copy, undefined, HEADERS)).toMatchObject(readings);
    }
    const { content } = await rewriteFile(file, "keep");
    const whole = await contentOf(file);
    expect(content.equals(whole.subarray(0, damage === null ? contentBytes : content.length))).toBe(true);
  });

  it("a copy of a copy is the copy", async () => {
    for (const treatment of ["keep", "drop_bodies", "redact_bodies"] as const) {
      const [file = ""] = filesOf("bodies");
      const copy = await rewriteFile(file, treatment);
      const again = await rewriteFile(copy.file, treatment);
      expect(again.bytes.equals(copy.bytes)).toBe(true);
      expect(again.rewriting).toMatchObject({ bodiesDropped: 0, redactions: {} });
    }
  });
});

it("reads the same of simulated conversations that were dropped, and says nothing of them", async () => {
  const { exports } = simulateExports({ records: 60, bodies: true, days: 1, everySeconds: 86_400, limit: 1000, duplicates: 0, late: 0 });
  for await (const { bytes } of exports) {
    await withFile(bytes, async (file) => {
      const { rejectedPlaces: _places, contentBytes: _bytes, ...readings } = await readWhole(file, new Date("2030-01-01"), HEADERS);
      const { file: copy, content } = await rewriteFile(file, "drop_bodies");
      expect(await readWhole(copy, new Date("2030-01-01"), HEADERS)).toMatchObject(readings);
      expect(readings.requests.length).toBeGreaterThan(0);
      for (const word of ["assistant", "max_tokens", "command"]) expect(content.includes(word)).toBe(false);
    });
  }
});
