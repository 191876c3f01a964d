import { encode } from "cborg";
import * as fc from "fast-check";
import * as cbor from "../aperture/cbor-build.ts";

/** An item in some form that RFC 8949 allows, and the same value in a form that cborg reads. */
export interface Item {
  odd: Buffer;
  plain: Buffer;
}

export const TAGS = [0, 1, 2, 3, 1000, 55799] as const;
export const HEADERS = ["User-Agent", "X-Repo"] as const;

const same = (odd: Buffer): Item => ({ odd, plain: odd });
/** Any but surrogates, as fast-check's own unit `binary`, which keeps a map of a million of them for every collection to walk through. */
const symbol = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff })).map((point) => String.fromCodePoint(point));
const texts = fc.string({ unit: symbol, maxLength: 12 });
const width = fc.constantFrom<cbor.HeadWidth>(0, 1, 2, 4, 8);

/** A head as short as the argument allows, or longer. */
function atLeast(asked: cbor.HeadWidth, argument: bigint): cbor.HeadWidth {
  const [shortest] = ([0, 1, 2, 4, 8] as const).filter((size) => argument < (size === 0 ? 24n : 1n << BigInt(8 * size)));
  return asked > (shortest ?? 8) ? asked : (shortest ?? 8);
}

const integers = fc.tuple(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }), fc.integer({ min: 0, max: 64 }), width).map(
  ([wide, shift, asked]) => {
    const value = wide >> BigInt(shift);
    return same(cbor.integer(value, atLeast(asked, value < 0n ? -1n - value : value)));
  },
);
const floats = fc.oneof(
  fc.double().map(cbor.double),
  fc.float().map(cbor.single),
  fc.integer({ min: 0, max: 0xffff }).map(cbor.half),
);
const simples = fc.constantFrom(cbor.NULL, cbor.UNDEFINED, cbor.TRUE, cbor.FALSE);

function text(value: string, asked: cbor.HeadWidth, parts: number): Item {
  const plain = cbor.text(value);
  if (parts === 0) return { odd: cbor.text(value, atLeast(asked, BigInt(Buffer.byteLength(value)))), plain };
  const symbols = Array.from(value);
  const size = Math.max(1, Math.ceil(symbols.length / parts));
  const pieces = Array.from({ length: parts }, (_, i) => symbols.slice(i * size, (i + 1) * size).join(""));
  return { odd: cbor.indefiniteText(pieces), plain };
}

const textForms = fc.tuple(width, fc.integer({ min: 0, max: 4 }));
const anyText = fc.tuple(texts, textForms).map(([value, form]) => text(value, ...form));

const anyBytes = fc.tuple(fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 4 }), fc.boolean()).map(([parts, split]): Item => {
  const plain = cbor.bytes(Buffer.concat(parts));
  return { odd: split ? cbor.indefiniteBytes(parts) : plain, plain };
});

const encodedByCborg = fc.jsonValue({ maxDepth: 2 }).map((value) => same(Buffer.from(encode(value))));
const leaf = fc.oneof(integers, floats.map(same), simples.map(same), anyText, anyBytes, encodedByCborg);

function arrayOf(items: readonly Item[], indefinite: boolean, asked: cbor.HeadWidth): Item {
  const odd = items.map((item) => item.odd);
  const plain = cbor.array(items.map((item) => item.plain));
  return { odd: indefinite ? cbor.indefiniteArray(odd) : cbor.array(odd, atLeast(asked, BigInt(odd.length))), plain };
}

export type ItemEntry = readonly [key: Item, value: Item];

function mapOf(entries: readonly ItemEntry[], indefinite: boolean, asked: cbor.HeadWidth): Item {
  const odd = entries.map(([key, value]) => [key.odd, value.odd] as const);
  const plain = cbor.map(entries.map(([key, value]) => [key.plain, value.plain]));
  return { odd: indefinite ? cbor.indefiniteMap(odd) : cbor.map(odd, atLeast(asked, BigInt(odd.length))), plain };
}

const { item: anyItem } = fc.letrec<{ item: Item }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.tuple(fc.array(tie("item"), { maxLength: 4 }), fc.boolean(), width).map((parts) => arrayOf(...parts)),
    fc.tuple(fc.array(fc.tuple(tie("item"), tie("item")), { maxLength: 4 }), fc.boolean(), width).map((parts) => mapOf(...parts)),
    fc.tuple(fc.constantFrom(...TAGS), tie("item")).map(([tag, { odd, plain }]) => ({
      odd: cbor.tagged(tag, odd, 8),
      plain: cbor.tagged(tag, plain),
    })),
  ),
}));

/** Terms and names of tools, among other texts. */
const anyTerm = fc.tuple(fc.oneof(fc.constantFrom("standard", "batch", "auto", "us", "fast"), texts), textForms).map(([value, form]) => text(value, ...form));
const anyTool = fc.tuple(fc.oneof(fc.constantFrom("Bash", "mcp__github__create_issue", "mcp__x", "a b"), texts), textForms).map(([value, form]) => text(value, ...form));
/** Answers as they go over the wire. */
const RAW_ANSWERS = [
  '{"usage":{"service_tier":"batch","inference_geo":"us","speed":"fast"},"content":[{"input":{"service_tier":"priority"}}]}',
  'event: message_start\ndata: {"message":{"usage":{"service_tier":"standard"}}}\n\ndata: {"a":"\\"service_tier\\":\\"x\\""}\n\n',
  'data: {"response":{"service_tier":"auto"}}\n\ndata: {"response":{"service_tier":"flex","usage":{}}}\n\ndata: [DONE]\n\n',
];

function keyOf(name: string): fc.Arbitrary<Item> {
  return textForms.map((form) => text(name, ...form));
}

/** A map with some of the named fields, in any order, duplicates and other keys among them. */
function mapWith(fields: Readonly<Record<string, fc.Arbitrary<Item>>>): fc.Arbitrary<Item> {
  const known = Object.entries(fields).map(([name, value]) => fc.tuple(keyOf(name), fc.oneof({ weight: 3, arbitrary: value }, anyItem)));
  const other = fc.tuple(anyItem, anyItem);
  return fc
    .tuple(fc.array(fc.oneof({ weight: 4, arbitrary: fc.oneof(...known) }, other), { maxLength: 16 }), fc.boolean(), width)
    .map((parts) => mapOf(...parts));
}

/** Each name once: where two spellings of a header meet, cborg's maps do not tell which came last. */
const headers = fc.uniqueArray(fc.tuple(fc.constantFrom(...HEADERS, "Cookie", "é"), fc.boolean(), anyItem), {
  selector: ([name]) => name,
});
const headerMap = fc.tuple(headers, fc.boolean(), width).map(([entries, indefinite, asked]) => {
  const items = entries.map(([name, upper, value]): ItemEntry => [same(cbor.text(upper ? name.toUpperCase() : name)), value]);
  return mapOf(items, indefinite, asked);
});

const identity = mapWith({ login_name: anyText, stable_node_id: anyText, tags: anyItem });
const usage = mapWith({ input_tokens: integers, output_tokens: integers, cached_tokens: integers, web_search_count: integers });
const cost = mapWith({ dollars: floats.map(same), cost_basis: anyText });
const terms = mapWith({ service_tier: anyTerm, speed: anyTerm, inference_geo: anyTerm });
const inner = mapWith({ service_tier: anyTerm, usage: terms });
const answer = fc.oneof(anyItem, mapWith({ service_tier: anyTerm, usage: terms, message: inner, response: inner }));
const rawAnswer = fc.oneof(anyBytes, fc.constantFrom(...RAW_ANSWERS).map((raw) => same(cbor.bytes(Buffer.from(raw)))), answer);
const tools = fc.oneof(anyItem, fc.array(fc.oneof(anyItem, mapWith({ name: anyTool, server_name: anyTool, params: anyItem })), { maxLength: 4 }).chain((items) => fc.tuple(fc.boolean(), width).map(([indefinite, asked]) => arrayOf(items, indefinite, asked))));
const capture = mapWith({ requestHeaders: headerMap, toolUseData: tools, requestBody: anyItem, rawRequestBody: anyBytes, responseBody: answer, rawResponseBody: rawAnswer });

const record = mapWith({
  id: integers, ver: integers, timestamp: anyText, model: anyText, api_type: anyText, duration_ms: integers,
  capture_id: anyText, session_id: anyText, path: anyText, status_code: integers,
  identity, usage, estimated_cost: cost, capture,
});

/** A CBOR sequence of records, with other items among them now and then. */
export const sequence: fc.Arbitrary<Item[]> = fc.array(fc.oneof({ weight: 5, arbitrary: record }, anyItem), { maxLength: 4 });
