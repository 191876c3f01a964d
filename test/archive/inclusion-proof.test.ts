import { createHash, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedExport } from "../../src/archive/chain/digest.ts";
import type { ArchiveEvent, EventOf } from "../../src/archive/chain/event.ts";
import { checkProof, type InclusionProof, makeProof, type ProofFile } from "../../src/archive/chain/inclusion-proof.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import { generateKeys, publicKeyPem, readSigningKey, type SigningKey } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { call } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { archiveRecords, exportSeconds, recordOf } from "./archived-records.ts";
import { digestNow, newKey, signNow, type TestKey } from "./sign-now.ts";
import { sealCopies } from "./sealed-at-once.ts";

const key = newKey();
const hashOf = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

function listed(name: string): ListedExport {
  return { key: `archive/prod/2026/10/05/${name}.cbor.zstd`, size: name.length, sha256: hashOf(name), etag: name, arrived: null, bodies: "keep", records: null, receipt: null, retention: null };
}

function digestOf(names: readonly string[], events: number): ReturnType<typeof digestNow> {
  const made = { instance: "prod", date: "2026-10-06", number: 7, sealed_at: "2026-10-06T00:00:00.000Z", previous: null, others: [], closes: [] };
  const listedEvents = Array.from({ length: events }, (_, index) => ({ key: `archive/prod/_events/${String(index)}.json`, size: 1, sha256: hashOf(String(index)) }));
  return digestNow(made, { exports: names.map(listed), events: listedEvents }, key);
}

function proofOf(names: readonly string[], name: string, events = 0): InclusionProof {
  const { key: at, size, sha256 } = listed(name);
  const proof = makeProof(digestOf(names, events), at, { size, sha256 }, []);
  if (proof === undefined) throw new Error("no proof");
  return proof;
}

/** Paths to every value inside. */
function pathsIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([name, inner]) => pathsIn(inner, [...at, Array.isArray(value) ? Number(name) : name]));
}

function alter<Value>(whole: Value, path: readonly (string | number)[]): Value {
  const copy = structuredClone(whole);
  let at = copy as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  const value = at[last];
  at[last] = typeof value === "number" ? value + 1 : typeof value === "string" ? `${value.startsWith("0") ? "1" : "0"}${value.slice(1)}` : "0";
  return copy;
}

describe("a proof of inclusion", () => {
  const manyNames = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,8}$/), { minLength: 1, maxLength: 40 });

  test("holds for every entry of a digest, and for no other bytes, key or digest", () => {
    const other = newKey();
    fc.assert(
      fc.property(manyNames, fc.nat(39), fc.nat(5), (all, at, events) => {
        const name = all[at % all.length] ?? "";
        const proof = proofOf(all, name, events);
        expect(checkProof(proof, hashOf(name), key.publicKey)).toBeUndefined();
        expect(checkProof(proof, hashOf(`${name}!`), key.publicKey)).toMatch(/its SHA-256 is/);
        expect(checkProof(proof, hashOf(name), other.publicKey)).toMatch(/a different key/);
      }),
    );
  });

  test("fails whatever is changed in it", () => {
    const names = ["a", "b", "c", "d", "e"];
    const proof = proofOf(names, "c", 2);
    for (const path of pathsIn(proof)) {
      const changed = alter(proof, path);
      if (path[0] === "sealed") continue;
      expect(checkProof(changed, hashOf("c"), key.publicKey), path.join(".")).toBeTypeOf("string");
    }
    expect(checkProof({ ...proof, path: proof.path.slice(1) }, hashOf("c"), key.publicKey)).toBeTypeOf("string");
    expect(checkProof({ ...proof, digest: { ...proof.digest, key: null, signature: null } }, hashOf("c"), key.publicKey)).toMatch(/a different key/);
  });

  test("holds where the key signed the SHA-256 of the header, and fails whatever is changed in it", async () => {
    const { header, exports, events } = digestOf(["a", "b", "c"], 2);
    const { key: at, size, sha256 } = listed("b");
    const proof = makeProof({ ...(await signHeader(header, { ...key, longest: 1 })), exports, events }, at, { size, sha256 }, [])!;
    expect(proof.digest.signs).toBe("sha256");
    expect(checkProof(proof, hashOf("b"), key.publicKey)).toBeUndefined();
    for (const path of pathsIn(proof).filter(([member]) => member === "digest")) expect(checkProof(alter(proof, path), hashOf("b"), key.publicKey), path.join(".")).toBeTypeOf("string");
    const { signs, ...digest } = proof.digest;
    expect(checkProof({ ...proof, digest }, hashOf("b"), key.publicKey), `without ${String(signs)}`).toMatch(/not valid/);
  });

  const reduction = (from: string, to: string): EventOf<"reduction"> => ({
    format: 1, kind: "reduction", id: randomUUID(), instance: "prod", at: "2026-10-07T00:00:00.000Z", by: "retention-archive", rule: "bodies 90 days", head: null,
    objects: [{ key: listed("c").key, before: { size: 1, sha256: hashOf(from) }, after: { size: 1, sha256: hashOf(to) }, records_removed: 0, bodies_removed: 3 }],
  });

  test("leads over declared reductions to what is there now, and over no others", () => {
    const events = [reduction("c", "c2"), reduction("c2", "c3")];
    const now = { size: 1, sha256: hashOf("c3") };
    const make = (by: TestKey, made: readonly ArchiveEvent[]): InclusionProof => makeProof(digestOf(["b", "c"], 0), listed("c").key, now, made.map((event) => signNow(event, by)))!;
    expect(checkProof(make(key, events), hashOf("c3"), key.publicKey)).toBeUndefined();
    expect(checkProof(make(key, events), hashOf("c"), key.publicKey)).toMatch(/SHA-256/);
    expect(checkProof(make(key, events.slice(1)), hashOf("c3"), key.publicKey)).toMatch(/does not apply to what was there before it/);
    expect(checkProof(make(newKey(), events), hashOf("c3"), key.publicKey)).toMatch(/not signed by a trusted key/);
  });

  test("leads from what was listed, whatever had been made of the copy before that", () => {
    const events = [reduction("arrived", "c"), reduction("c", "c2")];
    const make = (made: readonly ArchiveEvent[], sha256: string): InclusionProof => makeProof(digestOf(["b", "c"], 0), listed("c").key, { size: 1, sha256 }, made.map((event) => signNow(event, key)))!;
    expect(checkProof(make(events, hashOf("c2")), hashOf("c2"), key.publicKey)).toBeUndefined();
    expect(checkProof(make(events.slice(0, 1), hashOf("c")), hashOf("c"), key.publicKey)).toBeUndefined();
  });

  test("holds with the key before and after a rotation, which both keys have to sign", () => {
    const next = newKey();
    const event = { format: 1, kind: "rotation", id: "r", instance: "prod", at: "2026-10-07T00:00:00.000Z", by: "root", from: key.publicKey, to: next.publicKey } as const;
    const rotation = signNow({ ...event, vouched: next.signNow(event) }, key);
    const proof = proofOf(["a", "b"], "a");
    expect(checkProof(proof, hashOf("a"), next.publicKey, [rotation])).toBeUndefined();
    expect(checkProof(proof, hashOf("a"), next.publicKey)).toMatch(/a different key/);
    const thief = newKey();
    const stolen = { ...event, to: thief.publicKey };
    expect(checkProof(proof, hashOf("a"), thief.publicKey, [signNow({ ...stolen, vouched: thief.signNow(stolen) }, thief)])).toMatch(/a different key/);
    expect(checkProof(proof, hashOf("a"), thief.publicKey, [signNow({ ...stolen, vouched: "" }, key)])).toMatch(/a different key/);
  });
});

describe("archive verify-proof", () => {
  let folder: string;
  let objects: string[];
  let publicKey: string;
  let proofs: string;

  async function verify(...flags: string[]): Promise<Awaited<ReturnType<typeof call>>> {
    return await call(["archive", "verify-proof", "--public-key", publicKey, "--proofs", proofs, ...flags]);
  }

  let pair: SigningKey;
  let env: Record<string, string>;

  function signAs({ privateKey }: { privateKey: string }): void {
    pair = readSigningKey(privateKey, "the test's key");
    env = { APERTURE_LEDGER_SIGNING_KEY: privateKey };
  }

  async function prepare(): Promise<void> {
    folder = temporaryFolder();
    const archive = new FsStore(folder);
    signAs(generateKeys());
    publicKey = join(folder, "public.pem");
    writeFileSync(publicKey, publicKeyPem(pair.publicKey));
    objects = [];
    for (const index of [0, 1]) objects.push(await archiveRecords(archive, "prod", index, [recordOf(index + 1, "alice@example.com")]));
    await sealCopies(archive, pair, "2026-11-01");
    proofs = join(folder, "out.ndjson.proofs.json");
    expect((await call(["archive", "extract", "--lake", folder, "--scan", "--out", join(folder, "out.ndjson")], { env })).code).toBe(0);
  }

  test("accepts what extract wrote, with and without the objects, and names what differs", async () => {
    await prepare();
    const whole = await verify();
    expect(whole.code).toBe(0);
    expect(whole.stdout.match(/^proven /gm)).toHaveLength(2);
    expect((await verify("--object", ...objects.map((at) => join(folder, at)))).code).toBe(0);

    const other = join(folder, "copy", "x.cbor.zstd");
    await new FsStore(folder).create("copy/x.cbor.zstd", zstdCompressSync(encode(recordOf(1, "mallory@example.com"))));
    const foreign = await verify("--object", other, "--json");
    expect(foreign.code).toBe(1);
    expect(JSON.parse(foreign.stdout)).toMatchObject({ proven: false, objects: [{ file: other, problem: "no proof covers it" }] });

    await new FsStore(folder).replace(objects[0] ?? "", zstdCompressSync(encode(recordOf(1, "mallory@example.com"))));
    const altered = await verify("--object", join(folder, objects[0] ?? ""));
    expect(altered.code).toBe(1);
    expect(altered.stdout).toMatch(/^not proven .*its SHA-256 is /);
  });

  test("names objects that no digest lists yet, and files that are no proofs", async () => {
    await prepare();
    await archiveRecords(new FsStore(folder), "prod", 2, [recordOf(3, "alice@example.com")]);
    const out = join(folder, "late.ndjson");
    const extracted = await call(["archive", "extract", "--lake", folder, "--scan", "--out", out], { env });
    expect(extracted.stdout).toMatch(new RegExp(`^not sealed +archive/prod/.*${String(exportSeconds(2))}`, "m"));
    const written = JSON.parse(readFileSync(`${out}.proofs.json`, "utf8")) as ProofFile;
    expect(written.objects.map(({ sealed }) => sealed)).toEqual([true, true, false]);
    proofs = `${out}.proofs.json`;
    const unsealed = await verify();
    expect(unsealed.code).toBe(1);
    expect(unsealed.stdout).toMatch(/^not proven .*no digest listed it yet$/m);
    writeFileSync(proofs, "{}");
    const broken = await verify();
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringMatching(/is not a file of proofs: it is JSON of another kind, an empty object \[proofs_invalid\]/)]);
    expect((await verify("--object", "/nowhere")).code).toBe(2);
  });

  test("shows what a reduction, recorded and sealed, made of an object", async () => {
    await prepare();
    const archive = new FsStore(folder);
    const [at = ""] = objects;
    const before = await archive.read(at);
    const after = zstdCompressSync(encode(recordOf(1, "alice@example.com", { reduced: true })));
    signAs(generateKeys());
    writeFileSync(publicKey, publicKeyPem(pair.publicKey));
    for await (const { key: digest } of archive.list("archive/prod/_digests/")) await archive.remove(digest);
    await sealCopies(archive, pair, "2026-11-01");
    const changed = { key: at, before: { size: before.length, sha256: hashOf(before) }, after: { size: after.length, sha256: hashOf(after) }, records_removed: 0, bodies_removed: 1 };
    const event = { format: 1, kind: "reduction", id: "r1", instance: "prod", at: "2026-11-02T00:00:00.000Z", by: "retention-archive", rule: "bodies 90 days", head: null, objects: [changed] } as const;
    await recordEvent(archive, { ...event, objects: [changed] }, pair, undefined);
    await archive.replace(at, after);
    const extracted = await call(["archive", "extract", "--lake", folder, "--scan", "--out", join(folder, "out.ndjson")], { env });
    expect(extracted.stderr).not.toContain("archive_broken");
    expect(extracted.code).toBe(0);
    expect((await verify("--object", join(folder, at))).code).toBe(0);
  });
});
