import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { Digest, ListedEvent, ListedExport } from "../../src/archive/chain/digest.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { checkDigest } from "../../src/archive/verifier/check-digest.ts";
import { chainOf, eventNamed, exportNamed, KEY, store, TRUSTED } from "./chain-links.ts";

const names = (most: number): fc.Arbitrary<string[]> => fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: most });

interface Lists {
  exports: ListedExport[];
  events: ListedEvent[];
}

const lists: fc.Arbitrary<Lists> = fc.record({ exports: names(6).map((all) => all.map(exportNamed)), events: names(3).map((all) => all.map(eventNamed)) });

function digestOf({ exports, events }: Lists): Digest {
  return chainOf([{ exports, events }])[0]!.document;
}

function judged(digest: Digest, trusted: ReadonlySet<string> = TRUSTED): { code: string; text: string } | undefined {
  return checkDigest("prod", store(digest), trusted).fault;
}

/** The same list with one entry other than it was: the number of entries stays. */
function changed<Entry extends { key: string; size: number; sha256: string }>(all: readonly Entry[], at: number, how: "key" | "size" | "sha256"): Entry[] {
  return all.map((one, index) => {
    if (index !== at % all.length) return one;
    if (how === "size") return { ...one, size: one.size + 1 };
    return how === "key" ? { ...one, key: one.key.replace(/(.)\.(?:cbor|json)/, "$1x.$&") } : { ...one, sha256: sha256Hex(Buffer.from(one.sha256)) };
  });
}

describe("a digest on its own", () => {
  test("is believed as it was signed, whatever it lists", () => {
    fc.assert(
      fc.property(lists, (listed) => {
        expect(judged(digestOf(listed))).toBeUndefined();
      }),
    );
  });

  test("is altered once an entry differs, though there are as many as before: the root is compared", () => {
    const how = fc.constantFrom("key" as const, "size" as const, "sha256" as const);
    fc.assert(
      fc.property(lists, fc.nat(5), how, (listed, at, part) => {
        const digest = digestOf(listed);
        for (const list of ["exports", "events"] as const) {
          if (digest[list].length === 0) continue;
          const fault = judged({ ...digest, [list]: changed(digest[list], at, part) });
          expect(fault).toMatchObject({ code: "digest_altered", expected: `root ${digest.header.root}` });
          expect(fault?.text).toContain("does not list the objects that were signed");
        }
      }),
    );
  });

  test("is altered once entries are in another order", () => {
    const digest = digestOf({ exports: ["a", "b"].map(exportNamed), events: [] });
    expect(judged({ ...digest, exports: digest.exports.toReversed() })?.text).toContain("does not list the objects that were signed");
  });

  test.each(["exports", "events"] as const)("says the numbers where it lists more or fewer %s", (list) => {
    const digest = digestOf({ exports: ["a", "b"].map(exportNamed), events: ["c", "d"].map(eventNamed) });
    const fewer = { ...digest, [list]: digest[list].slice(1) };
    const found = list === "exports" ? "1 exports and 2 events" : "2 exports and 1 events";
    expect(judged(fewer)).toMatchObject({ code: "digest_altered", expected: "2 exports and 2 events", found });
    expect(judged({ ...digest, [list]: [...digest[list], ...digest[list]] })?.code).toBe("digest_altered");
  });

  test("moving an entry from one list to the other is seen although the sum stays", () => {
    const digest = digestOf({ exports: ["a", "b"].map(exportNamed), events: [] });
    const [first, second] = digest.exports;
    expect(judged({ ...digest, exports: [first!], events: [second!] })?.code).toBe("digest_altered");
  });

  test("is not believed without a signature, with that of other bytes, or by a key that nobody trusts", () => {
    const digest = digestOf({ exports: [exportNamed("a")], events: [] });
    expect(judged({ ...digest, key: null, signature: null })).toMatchObject({ code: "digest_signature", text: expect.stringContaining("is not signed") as string });
    expect(judged({ ...digest, header: { ...digest.header, number: 2 } })).toMatchObject({ code: "digest_signature", text: expect.stringContaining(KEY.publicKey) as string });
    const others = [1, 2].map(() => readSigningKey(generateKeys().privateKey, "another key").publicKey);
    expect(judged(digest, new Set(others))).toMatchObject({ code: "digest_key", expected: others.join(" or "), found: KEY.publicKey });
    expect(judged(digest, new Set([...others, KEY.publicKey]))).toBeUndefined();
  });

  test("what cannot be read keeps its place, and its problem on one line", () => {
    const { stored, fault, date } = checkDigest("prod", { key: "archive/prod/_digests/2026-10-05.2.json", problem: "first\n  second" }, TRUSTED);
    expect({ stored, date }).toEqual({ stored: undefined, date: "2026-10-05" });
    expect(fault).toMatchObject({ code: "digest_altered", text: expect.stringContaining("first second") as string });
  });
});
