import * as fc from "fast-check";
import { expect, it } from "vitest";
import { array, bytes, double, indefiniteArray, indefiniteMap, indefiniteText, integer, map, NULL, tagged, text } from "../aperture/cbor-build.ts";
import { readContent } from "../aperture/read-content.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import { runs } from "./runs.ts";

/** RFC 8949, 3.4.6: the tag 55799 says that CBOR follows, and changes nothing of it, wherever it stands and however often. */

const SELF_DESCRIBED = [Buffer.from("d9d9f7", "hex"), Buffer.from("da0000d9f7", "hex"), Buffer.from("db000000000000d9f7", "hex")];

/** Where items begin: keys, values and all that is in them, but not the parts of a string. */
function itemsOf(content: Buffer): number[] {
  const starts: number[] = [];
  let at = 0;

  function readHead(): { major: number; info: number; argument: number } {
    const initial = content[at++] ?? 0;
    const info = initial & 0x1f;
    const width = info < 24 || info === 31 ? 0 : 1 << (info - 24);
    const argument = width === 0 ? info : Number(`0x${content.toString("hex", at, at + width)}`);
    at += width;
    return { major: initial >> 5, info, argument };
  }

  function readItems(count: number, isParts = false): void {
    for (let i = 0; i < count && content[at] !== 0xff; i++) readItem(isParts);
    if (count === Infinity) at++;
  }

  function readItem(isPart: boolean): void {
    if (!isPart) starts.push(at);
    const { major, info, argument } = readHead();
    if (major === 2 || major === 3) {
      if (info === 31) readItems(Infinity, true);
      else at += argument;
    } else if (major === 4) readItems(info === 31 ? Infinity : argument);
    else if (major === 5) readItems(info === 31 ? Infinity : argument * 2);
    else if (major === 6) readItem(false);
  }

  while (at < content.length) readItem(false);
  return starts;
}

const RECORDS = Buffer.concat([
  sampleRecord(),
  sampleRecord({
    identity: indefiniteMap([["tags", indefiniteArray([text("tag:ci"), indefiniteText(["tag", ":prod"])])]]),
    timestamp: tagged(1, integer(1_791_200_000)),
    id: tagged(2, bytes(Buffer.from([1, 0]))),
    usage: map([["input_tokens", tagged(2, bytes(Buffer.from([7])))], ["audio_tokens", integer(5)], ["details", map([["a", integer(1)]])]]),
    estimated_cost: map([["dollars", tagged(2, bytes(Buffer.from([3])))], ["cost_basis", text("anthropic/x")]]),
    capture: map([
      ["requestHeaders", map([["Wanted", array([text("a"), text("b")])], ["Authorization", array([text("Bearer sk-ant-oat01-x")])]])],
      ["toolUseData", array([map([["name", text("ls")]]), NULL])],
      ["requestBody", map([["messages", indefiniteArray([text("hello")])]])],
    ]),
    new_field: array([integer(1)]),
  }),
  text("no record"),
  sampleRecord({ usage: map([["input_tokens", double(1.5)]]) }),
]);
const STARTS = itemsOf(RECORDS);

function wrap(choices: readonly (readonly [place: number, form: number, times: number])[]): Buffer {
  const tags = new Map<number, Buffer>();
  for (const [place, form, times] of choices) {
    const start = STARTS[place % STARTS.length] ?? 0;
    tags.set(start, Buffer.concat([tags.get(start) ?? Buffer.alloc(0), ...Array<Buffer>(times).fill(SELF_DESCRIBED[form] ?? Buffer.alloc(0))]));
  }
  const places = [0, ...[...tags.keys()].sort((a, b) => a - b), RECORDS.length];
  return Buffer.concat(places.slice(1).flatMap((end, i) => [tags.get(places[i] ?? 0) ?? Buffer.alloc(0), RECORDS.subarray(places[i], end)]));
}

const choices = fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(1, 2, 40)), { maxLength: 12 });

it("changes nothing, wherever it stands", async () => {
  const { requests, rejections, damage } = await readContent(RECORDS, ["wanted"]);
  expect({ accepted: requests.length, reasons: rejections.map(({ reason }) => reason), damage }).toEqual({ accepted: 2, reasons: ["not_a_map", "token_count_invalid"], damage: null });
  expect(requests[1]).toMatchObject({ id: 256n, cost: 3_000_000_000n, tags: ["tag:ci", "tag:prod"], credential: "subscription", toolCalls: 2, headers: { wanted: "a, b" } });
  await fc.assert(
    fc.asyncProperty(choices, async (chosen) => {
      const found = await readContent(wrap(chosen), ["wanted"]);
      expect({ requests: found.requests, rejections: found.rejections, damage: found.damage }).toEqual({ requests, rejections, damage });
    }),
    runs(100),
  );
});

it("changes nothing at every place at once, nor a hundred thousand times before a record, a key and a value", async () => {
  const { requests, rejections } = await readContent(RECORDS, ["wanted"]);
  const everywhere = STARTS.map((_, place): [number, number, number] => [place, 0, 1]);
  const often = [0, 1, 2].map((place): [number, number, number] => [place, 0, 100_000]);
  for (const chosen of [everywhere, often]) {
    expect(await readContent(wrap(chosen), ["wanted"])).toMatchObject({ requests, rejections, damage: null });
  }
});

it("is part of its item: content that ends behind it ends inside a record", async () => {
  expect(await readContent(Buffer.concat([sampleRecord(), Buffer.from("d9d9f7", "hex")]))).toMatchObject({ accepted: 1, damage: { code: "cbor_truncated" } });
  expect(await readContent(Buffer.from("d9d9f7ff", "hex"))).toMatchObject({ accepted: 0, damage: { code: "cbor_malformed" } });
  expect(await readContent(Buffer.from("bfd9d9f7ff", "hex"))).toMatchObject({ accepted: 0, damage: { code: "cbor_malformed" } });
});
