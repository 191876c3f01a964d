import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inclusionPath, isIncluded, merkleRoot } from "../../src/archive/chain/merkle.ts";
import { runs } from "../property/runs.ts";

const sha256 = (...parts: Buffer[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962, section 2.1, word by word. */
function mth(leaves: Buffer[]): Buffer {
  const n = leaves.length;
  if (n === 0) return sha256();
  if (n === 1) return sha256(Buffer.of(0x00), leaves[0]!);
  let k = 1;
  while (k * 2 < n) k *= 2;
  return sha256(Buffer.of(0x01), mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

const entriesOf = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }));

describe("the Merkle tree of a digest", () => {
  test("has the root that RFC 6962 defines, for every count up to 130", () => {
    for (let count = 0; count <= 130; count++) {
      expect(merkleRoot(entriesOf(count))).toBe(mth(entriesOf(count).map(({ n }) => Buffer.from(`{"n":${n}}`))).toString("hex"));
    }
  });

  test("of nothing is the hash of nothing", () => {
    expect(merkleRoot([])).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("proves each entry at its place and nothing else", () => {
    const places = fc.integer({ min: 1, max: 70 }).chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(count - 1)));
    fc.assert(
      fc.property(places, fc.nat(255), ([count, index, other], flipped) => {
        const entries = entriesOf(count);
        const [path, root] = [inclusionPath(entries, index), merkleRoot(entries)];
        const included = (entry: object, changed: Partial<Parameters<typeof isIncluded>[1]> = {}): boolean => isIncluded(entry, { index, count, path, root, ...changed });
        expect(included(entries[index]!)).toBe(true);
        expect(included(entries[other]!)).toBe(other === index);
        expect(included(entries[index]!, { index: other })).toBe(other === index);
        expect(included({ n: count })).toBe(false);
        for (const wrong of [-1, count, 0.5]) expect(included(entries[index]!, { index: wrong })).toBe(false);
        expect(included(entries[index]!, { path: [...path, root] })).toBe(false);
        const altered = path.map((hash, at) => (at === flipped % path.length ? hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) : hash));
        for (const wrong of path.length === 0 ? [] : [path.slice(1), altered]) expect(included(entries[index]!, { path: wrong })).toBe(false);
      }),
      runs(300),
    );
  });
});
