import * as fc from "fast-check";
import { BREAK, head, type HeadWidth } from "../aperture/cbor-build.ts";

/** Where an edit begins: at some byte, or at one of the bytes on which most depends. */
interface Spot {
  at: number;
  marked: boolean;
}

export type Edit =
  | { kind: "flip"; spot: Spot; bit: number }
  | { kind: "overwrite"; spot: Spot; bytes: Uint8Array }
  | { kind: "insert"; spot: Spot; bytes: Uint8Array }
  | { kind: "delete"; spot: Spot; length: number }
  | { kind: "repeat"; spot: Spot; length: number; times: number }
  | { kind: "move"; spot: Spot; length: number; to: number }
  | { kind: "truncate"; spot: Spot };

/** Anywhere with the same likelihood: early damage leaves nothing to lose. */
const anywhere = fc.noBias(fc.nat());
const spot: fc.Arbitrary<Spot> = fc.record({ at: anywhere, marked: fc.boolean() });
const length = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 3000 }));

const boundaries = fc.constantFrom(0n, 23n, 0xffn, 0xffffn, 0x10000n, 0x7fffffffn, 0xffffffffn, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);
/** Heads of CBOR items that say they are much longer, or have many more items, than there is. */
const forgedHead = fc
  .tuple(fc.integer({ min: 0, max: 7 }), boundaries, fc.constantFrom<HeadWidth>(1, 2, 4, 8))
  .map(([major, argument, width]) => head(major, BigInt.asUintN(8 * width, argument), width));
/** Breaks, the starts of indefinite items, and initial bytes that RFC 8949 reserves. */
const oddBytes = fc.constantFrom(BREAK, ...[0x5f, 0x7f, 0x9f, 0xbf, 0x1c, 0x3d, 0x5e, 0x7c, 0xdf, 0xf8].map((byte) => Buffer.from([byte])));
/** Little-endian, as zstd writes the sizes of its blocks, frames and windows. */
const forgedSize = fc.tuple(boundaries, fc.integer({ min: 1, max: 8 })).map(([size, width]) => head(0, size, 8).subarray(1).toReversed().subarray(0, width));
const bytes = fc.oneof(forgedHead, forgedSize, oddBytes, fc.uint8Array({ minLength: 1, maxLength: 12 }));

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), spot, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant("overwrite" as const), spot, bytes }),
  fc.record({ kind: fc.constant("insert" as const), spot, bytes }),
  fc.record({ kind: fc.constant("delete" as const), spot, length }),
  fc.record({ kind: fc.constant("repeat" as const), spot, length, times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("move" as const), spot, length, to: anywhere }),
  fc.record({ kind: fc.constant("truncate" as const), spot }),
);

export const edits = fc.array(edit, { minLength: 1, maxLength: 4 });

/** @param marks places in `original` that a marked spot is one of. */
export function applyEdits(original: Buffer, changes: readonly Edit[], marks: readonly number[]): Buffer {
  let content = original;
  for (const change of changes) content = applyEdit(content, change, placeOf(change.spot, content, marks));
  return content;
}

function placeOf({ at, marked }: Spot, content: Buffer, marks: readonly number[]): number {
  const place = marked && marks.length > 0 ? (marks[at % marks.length] ?? 0) : at;
  return place % (content.length + 1);
}

function applyEdit(content: Buffer, change: Edit, at: number): Buffer {
  const before = content.subarray(0, at);
  const after = content.subarray(at);
  switch (change.kind) {
    case "flip":
      return Buffer.concat([before, Buffer.from([...after.subarray(0, 1)].map((byte) => byte ^ (1 << change.bit))), after.subarray(1)]);
    case "overwrite":
      return Buffer.concat([before, change.bytes, after.subarray(change.bytes.length)]);
    case "insert":
      return Buffer.concat([before, change.bytes, after]);
    case "delete":
      return Buffer.concat([before, after.subarray(change.length)]);
    case "repeat":
      return Buffer.concat([before, ...Array<Buffer>(change.times).fill(after.subarray(0, change.length)), after]);
    case "move": {
      const rest = Buffer.concat([before, after.subarray(change.length)]);
      const to = change.to % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, to), after.subarray(0, change.length), rest.subarray(to)]);
    }
    case "truncate":
      return before;
    default:
      return change satisfies never;
  }
}

/** How many bytes at the beginning the edits left as they were. */
export function untouched(original: Buffer, edited: Buffer): number {
  const most = Math.min(original.length, edited.length);
  if (original.compare(edited, 0, most, 0, most) === 0) return most;
  let at = 0;
  while (original[at] === edited[at]) at++;
  return at;
}

/** Where the heads of the items are in well-formed CBOR: a container's items simply follow its head. */
export function headPlaces(content: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at < content.length; ) {
    places.push(at);
    const initial = content[at] ?? 0;
    const info = initial & 0x1f;
    const width = info >= 24 && info <= 27 ? 1 << (info - 24) : 0;
    const argument = width === 0 ? info : Number(BigInt(`0x${content.toString("hex", at + 1, at + 1 + width)}`));
    const isString = initial >> 5 === 2 || initial >> 5 === 3;
    at += 1 + width + (isString && info !== 31 ? argument : 0);
  }
  return places;
}
