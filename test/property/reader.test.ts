import { zstdCompressSync } from "node:zlib";
import { writeFile } from "node:fs/promises";
import { decode, type TagDecoder } from "cborg";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { type CborValue, Tagged, UnkeptValue } from "../../src/aperture/reader/cbor/cbor-value.ts";
import type { Damage } from "../../src/aperture/reader/damage.ts";
import type { Field, FieldTable } from "../../src/aperture/reader/field-table.ts";
import { planRecord, ProjectedHeaders, ProjectedUsage, ScannedAnswer } from "../../src/aperture/reader/projection.ts";
import type { RecordPlace } from "../../src/aperture/reader/record-reader.ts";
import { NO_NAME, UnknownKeys } from "../../src/aperture/reader/unknown-keys.ts";
import { TOKEN_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import { indefiniteArray, integer, map, text, textOfBytes } from "../aperture/cbor-build.ts";
import { readWhole, withFile } from "../aperture/read-content.ts";
import { sampleRecords } from "../aperture/sample-record.ts";
import { HEADERS, type Item, sequence, TAGS } from "./cbor-arbitrary.ts";
import { cutContent, readPieces } from "./read-pieces.ts";
import { runs } from "./runs.ts";

const PLAN = planRecord(HEADERS);

interface Found {
  value: unknown;
  place: RecordPlace;
}

/** What the reader hands out of bytes that arrive in these pieces, numbers being of one kind. */
function read(pieces: readonly Buffer[]): { found: Found[]; damage: Damage | null } {
  const { found, damage } = readPieces(PLAN, pieces);
  return { found: found.map(({ record, place }) => ({ value: record === undefined ? "no record" : normalise(record), place })), damage };
}

/** Numbers of one kind, so that 1n, 1 and 1.0 compare. */
function normalise(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "bigint" || typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Tagged) return { tag: value.tag, value: normalise(value.value) };
  if (value instanceof ScannedAnswer) return "scanned";
  if (value instanceof ProjectedHeaders) return { isAny: value.isAny, ...Object.fromEntries(Object.entries(value.wanted ?? {}).map(([name, header]) => [name, normaliseHeader(header)])) };
  if (value instanceof ProjectedUsage) return normaliseUsage(value);
  if (value instanceof UnknownKeys) return namedCounts(value.counts);
  if (Array.isArray(value)) return value.map(normalise);
  // Kept for its type alone; libraries differ in which of its keys are the same.
  if (value instanceof Map) return "a map";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalise(inner)]));
}

/** The counts by the names that they are recorded under. */
function normaliseUsage({ counts, unknown }: ProjectedUsage): unknown {
  const named = TOKEN_COLUMNS.map(({ recordedAs }, place): [string, unknown] => [recordedAs, normalise(counts[place])]);
  return { ...Object.fromEntries(named), unknown: normalise(unknown) };
}

/** What is no text is of the wrong type, whatever it is. */
function normaliseHeader(header: unknown): unknown {
  return header instanceof UnkeptValue || (typeof header !== "string" && header !== null && header !== undefined) ? "of the wrong type" : header;
}

/** Of keys that have no name the last one counts, and libraries differ in which that is. */
function namedCounts(counts: ReadonlyMap<string, number>): object {
  return Object.fromEntries([...counts].map(([name, count]) => [name, name === NO_NAME ? "any" : count]));
}

const BIGNUMS = new Map<number, (magnitude: bigint) => bigint>([[2, (magnitude) => magnitude], [3, (magnitude) => -1n - magnitude]]);
const tags = Object.fromEntries(TAGS.map((tag): [number, TagDecoder] => [tag, (inner) => untag(tag, inner() as CborValue)]));

function untag(tag: number, value: CborValue): CborValue {
  if (tag === 55799) return value;
  const integerOf = BIGNUMS.get(tag);
  return integerOf !== undefined && value instanceof Uint8Array ? integerOf(BigInt(`0x0${Buffer.from(value).toString("hex")}`)) : new Tagged(tag, value);
}

/** What cborg sees of the fields that are wanted. */
function project(value: unknown, { reading, fields }: Field): unknown {
  if (reading === "tools") return Array.isArray(value) ? { items: BigInt(value.length), tools: value.map((one: unknown) => (fields !== undefined && one instanceof Map ? projectMap(one, fields) : {})) } : normalise(value);
  if (reading === "answer" && (typeof value === "string" || value instanceof Uint8Array)) return "scanned";
  if (reading === "header") return normaliseHeader(joinTexts(value));
  return fields !== undefined && value instanceof Map ? projectMap(value, fields) : normalise(value);
}

function joinTexts(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.length === 0 ? undefined : value.every((one) => typeof one === "string") ? value.join(", ") : value;
}

function projectMap(decoded: Map<unknown, unknown>, { fields, caseless, others }: FieldTable): Record<string, unknown> {
  const projected: Record<string, unknown> = caseless ? { isAny: decoded.size > 0 } : {};
  const unknown = new UnknownKeys();
  for (const [key, value] of decoded) {
    const name = typeof key !== "string" ? NO_NAME : caseless ? key.toLowerCase() : key;
    const field = typeof key === "string" ? fields.find((one) => one.name === name) : undefined;
    if (field === undefined) unknown.add(name, others?.reading === "count" ? (value as CborValue) : undefined);
    else if (field.reading !== "credential") projected[name] = project(value, field);
  }
  if (others !== undefined && others.reading !== "presence" && unknown.counts.size > 0) projected["unknown"] = namedCounts(unknown.counts);
  return projected;
}

function expectedOf(items: readonly Item[]): Found[] {
  let offset = 0;
  return items.map(({ odd, plain }, position) => {
    const decoded: unknown = decode(plain, { useMaps: true, tags });
    const place = { position, offset, length: odd.length };
    offset += odd.length;
    return { value: decoded instanceof Map ? projectMap(decoded, PLAN) : "no record", place };
  });
}

const cuts = fc.array(fc.nat(), { maxLength: 20 });

it("reads what another library reads, however the bytes arrive", () => {
  fc.assert(
    fc.property(sequence, cuts, (items, at) => {
      const content = Buffer.concat(items.map(({ odd }) => odd));
      const expected = { found: expectedOf(items), damage: null };
      expect(read([content])).toEqual(expected);
      expect(read(cutContent(content, at))).toEqual(expected);
      expect(read([...content].map((byte) => Buffer.from([byte])))).toEqual(expected);
    }),
    runs(200),
  );
});

it("finds every whole record of a sequence that is cut short, and says that it is", () => {
  fc.assert(
    fc.property(sequence, fc.nat(), (items, at) => {
      const content = Buffer.concat(items.map(({ odd }) => odd));
      const end = at % (content.length + 1);
      const whole = expectedOf(items).filter(({ place }) => place.offset + place.length <= end);
      const { found, damage } = read([content.subarray(0, end)]);
      const wholeBytes = whole.reduce((all, { place }) => all + place.length, 0);
      expect({ found, damage: damage?.code ?? null }).toEqual({ found: whole, damage: wholeBytes === end ? null : "cbor_truncated" });
    }),
    runs(200),
  );
});

const notUtf8 = textOfBytes(Buffer.from([0xff]));
const largeValue = fc.oneof(
  fc.integer({ min: 2 ** 16 - 8, max: 2 ** 16 + 8 }).map((length) => text("x".repeat(length))),
  fc.tuple(fc.nat({ max: 40_000 }), fc.nat({ max: 40_000 }), fc.constantFrom(notUtf8, integer(1))).map(([before, after, odd]) =>
    indefiniteArray([...Array<Buffer>(before).fill(text("a")), odd, ...Array<Buffer>(after).fill(text("a"))]),
  ),
);

it("keeps a value near the size that is kept, or says why not, the same however the bytes arrive", () => {
  fc.assert(
    fc.property(largeValue, fc.integer({ min: 3000, max: 70_000 }), (value, size) => {
      const content = Buffer.concat([map([["model", value], ["path", text("/")]]), map([])]);
      const pieces = Array.from({ length: Math.ceil(content.length / size) }, (_, i) => content.subarray(i * size, (i + 1) * size));
      const whole = read([content]);
      expect(whole).toMatchObject({ found: [{ value: { path: "/" } }, { value: {} }], damage: null });
      expect(read(pieces)).toEqual(whole);
    }),
    runs(40),
  );
});

const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });

it("survives bytes gone wrong, the same however they arrive, and keeps every record before them", () => {
  fc.assert(
    fc.property(fc.array(sequence, { minLength: 1, maxLength: 3 }), mutations, cuts, (sequences, changes, at) => {
      const items = sequences.flat();
      const content = Buffer.concat([...items.map(({ odd }) => odd), Buffer.from([0])]);
      let first = content.length;
      for (const [place, byte] of changes) {
        content[place % content.length] = byte;
        first = Math.min(first, place % content.length);
      }
      const whole = expectedOf(items).filter(({ place }) => place.offset + place.length <= first);
      const { found, damage } = read([content]);
      expect(found.slice(0, whole.length)).toEqual(whole);
      expect(read(cutContent(content, at))).toEqual({ found, damage });
      expect(read([...content].map((byte) => Buffer.from([byte])))).toEqual({ found, damage });
    }),
    runs(200),
  );
});

it("survives any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, at) => {
      const content = Buffer.from(bytes);
      expect(read(cutContent(content, at))).toEqual(read([content]));
    }),
    runs(2000),
  );
});

it("accepts or rejects all that it reads", async () => {
  const good = sampleRecords(3);
  await withFile(good, async (file) => {
    await fc.assert(
      fc.asyncProperty(sequence, mutations, fc.boolean(), async (items, changes, inside) => {
        const content = Buffer.concat([good, ...items.map(({ odd }) => odd), good]);
        const object = inside ? content : zstdCompressSync(content);
        const from = inside ? good.length : 0;
        for (const [place, byte] of changes) object[from + (place % (object.length - from))] = byte;
        await writeFile(file, inside ? zstdCompressSync(object) : object);
        const { read: total, accepted, rejected, requests, rejections } = await readWhole(file);
        expect(accepted + rejected).toBe(total);
        expect({ requests: requests.length, rejections: rejections.length }).toEqual({ requests: accepted, rejections: rejected });
        const before = inside ? [0n, 1n, 2n] : [];
        expect(requests.slice(0, before.length).map(({ id }) => id)).toEqual(before);
      }),
      runs(200),
    );
  });
});
