import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { acceptObjects } from "../../src/archive/accept-objects.ts";
import { readChainStatus } from "../../src/archive/sealing/chain-status.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import { checkProof, makeProof, unvouchedIn } from "../../src/archive/chain/inclusion-proof.ts";
import { loadDigests } from "../../src/archive/chain/read-document.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { auditChain, digestsOf, KEY, seal, signingWith } from "./sealing.ts";
import { newKey } from "./sign-now.ts";
import { copiesOf } from "../archived-copies.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { dyingAt } from "./stopping-stores.ts";

let source: string;
let lake: FsStore;

beforeEach(async () => {
  mayBeIncoherent("copies are planted and exchanged");
  [source, lake] = [temporaryFolder(), new FsStore(temporaryFolder())];
  await arrive("2026-10-29");
});

function ledger(changes: LedgerChanges = {}): Ledger {
  return testLedger(new FsStore(source), lake, signingWith(), changes);
}

const withoutKey: LedgerChanges = { work: { archiving: PLAIN_ARCHIVE } };

async function arrive(day: string, changes: LedgerChanges = {}): Promise<string> {
  const before = new Set(await copiesOf(lake));
  writeRequests(source, [{ by: "ann@example.com", at: `${day}T12:00:00Z` }]);
  await runOnce(ledger(changes));
  return (await copiesOf(lake)).find((key) => !before.has(key)) ?? "";
}

async function verify(at: string): Promise<Verification> {
  const task = { archive: lake, lake: undefined, publicKey: KEY.publicKey, sample: undefined, head: undefined, instance: undefined, progress: { begin: () => undefined, step: () => undefined } };
  return await verifyArchive({ ...task, now: new Date(at) });
}

const codes = ({ findings }: Verification): string[] => findings.map(({ code, key }) => `${code} ${key}`);
const notes = (verification: Verification): string => verification.notes.map(({ key, text }) => `${key} ${text}`).join("\n");

/** What whoever can write the bucket makes of a copy: other bytes, and a receipt that says so. */
async function exchange(key: string, signer: SigningKey | undefined, bytes = Buffer.from("what never arrived")): Promise<void> {
  const kept = { size: bytes.byteLength, sha256: sha256Hex(bytes) };
  const header = { format: 1 as const, instance: "prod", key, received_at: "2026-10-31T12:00:00.000Z", arrived: kept, kept, bodies: "keep" as const, damage: null, retention: null };
  await lake.replace(key, bytes);
  await lake.replace(archiveLayout.receipt(key), canonicalBytes(await signHeader(header, signer)));
}

const planted = "archive/prod/2026/10/30/planted.cbor.zstd";

async function statusOf(): Promise<{ key: string; why: string }[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of lake.list("archive/")) entries.push(entry);
  return (await readChainStatus(lake, entries, undefined)).flatMap(({ unvouched }) => unvouched);
}

const LAUNDERINGS: Record<string, () => Promise<string>> = {
  "an export planted without a receipt": async () => (await lake.create(planted, Buffer.from("what never arrived")), planted),
  "a copy exchanged together with its receipt, which another key signed": async () => {
    const copy = await arrive("2026-10-31");
    await exchange(copy, newKey());
    return copy;
  },
  "a copy exchanged together with its receipt, which nobody signed": async () => {
    const copy = await arrive("2026-10-31");
    await exchange(copy, undefined);
    return copy;
  },
  "a copy exchanged and its receipt taken away": async () => {
    const copy = await arrive("2026-10-31");
    await lake.replace(copy, Buffer.from("what never arrived"));
    await lake.remove(archiveLayout.receipt(copy));
    return copy;
  },
};

describe.each(Object.entries(LAUNDERINGS))("%s", (_, launder) => {
  test("is refused once the chain lists exports that a trusted key saw arrive, and named", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    const key = await launder();
    await expect(seal(ledger(), "2026-11-02T04:00:00Z")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
    expect(await digestsOf(lake, "prod")).toHaveLength(1);
    expect(codes(await verify("2026-11-02T05:00:00Z")).join()).toMatch(new RegExp(`^(?:added|altered) ${key}`));
  });

  test("is refused by a checkpoint as well", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    const key = await launder();
    await expect(seal(ledger(), "2026-11-01T05:00:00Z")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining(key) as string });
  });
});

test("an ingested copy whose receipt is lost is refused with a way out that there is: no run writes another receipt", async () => {
  await seal(ledger(), "2026-11-01T04:00:00Z");
  const copy = await arrive("2026-10-31");
  await lake.remove(archiveLayout.receipt(copy));
  await runOnce(ledger());
  const refused = (await seal(ledger(), "2026-11-02T04:00:00Z").catch((error: unknown) => error)) as { cause: unknown; message: string; remedy: string };
  const said = `${refused.message} ${refused.remedy}`;
  expect(said).toContain(`restore ${archiveLayout.receipt(copy)} from a backup`);
  expect(said).toContain(`aperture-ledger archive seal --accept ${copy}`);
  expect(said).not.toContain("aperture-ledger run");
});

test("a planted copy that a run reads is signed for, and still refused: nobody saw it arrive", async () => {
  await seal(ledger(), "2026-11-01T04:00:00Z");
  const [copy = ""] = await copiesOf(lake);
  await lake.create(planted, await lake.read(copy));
  await runOnce(ledger());
  expect(await lake.head(archiveLayout.receipt(planted))).toBeDefined();
  await expect(seal(ledger(), "2026-11-02T04:00:00Z")).rejects.toThrow("whose arrival nobody saw");
  expect(codes(await verify("2026-11-02T05:00:00Z"))).toEqual([`added ${planted}`]);
});

describe("before a chain lists anything that a trusted key vouches for", () => {
  test.each<[string, string, (key: string) => Promise<void>]>([
    ["no_receipt", "it has no receipt", async (key) => await lake.remove(archiveLayout.receipt(key))],
    ["unsigned", "its receipt is not signed", async (key) => await exchange(key, undefined, Buffer.from(await lake.read(key)))],
    ["untrusted_key", "a key that is not trusted", async (key) => await exchange(key, newKey(), Buffer.from(await lake.read(key)))],
  ])("what has %s is listed with a mark that verify, status and proofs repeat for ever", async (mark, said, change) => {
    const [copy = ""] = await copiesOf(lake);
    await change(copy);
    await seal(ledger(), "2026-11-01T04:00:00Z");
    await seal(ledger(), "2026-11-02T04:00:00Z");
    const [digest] = await loadDigests(lake, "prod");
    expect(digest!.document.exports).toMatchObject([{ key: copy, unvouched: mark }]);
    expect(digest!.document.header.vouched).toBe(0);
    const verified = await verify("2026-11-02T05:00:00Z");
    expect(codes(verified)).toEqual([]);
    expect(notes(verified)).toContain(`${copy} no trusted key vouches for what arrived: `);
    expect(notes(verified)).toContain(said);
    expect(await statusOf()).toEqual([{ key: copy, why: mark }]);
    const bytes = await lake.read(copy);
    const content = { size: bytes.byteLength, sha256: sha256Hex(bytes) };
    const proof = makeProof(digest!.document, copy, content, [])!;
    expect(checkProof(proof, content.sha256, KEY.publicKey)).toBeUndefined();
    expect(unvouchedIn(proof)).toBe(mark);
    const { unvouched: _taken, ...entry } = proof.entry;
    expect(checkProof({ ...proof, entry }, content.sha256, KEY.publicKey)).toBe("the path does not lead from the entry to the digest");
  });

  test("a copy that is not what its manifest says is refused, whatever its receipt says", async () => {
    const [copy = ""] = await copiesOf(lake);
    await exchange(copy, undefined);
    await expect(seal(ledger(), "2026-11-01T04:00:00Z")).rejects.toThrow("its manifest says");
  });
});

describe("good ledgers go on", () => {
  test("that ingested without a key and seal with one, and whose workers get the key later", async () => {
    const first = await arrive("2026-10-30", withoutKey);
    await lake.remove(archiveLayout.receipt((await copiesOf(lake))[0] ?? ""));
    await seal(ledger(), "2026-11-01T04:00:00Z");
    await arrive("2026-11-01", withoutKey);
    await arrive("2026-11-02");
    await seal(ledger(), "2026-11-03T04:00:00Z");
    await arrive("2026-11-03");
    await seal(ledger(), "2026-11-04T04:00:00Z");
    expect((await digestsOf(lake, "prod")).map(({ header }) => [header.exports, header.vouched])).toEqual([[2, 0], [0, 0], [2, 1], [1, 1]]);
    expect(await auditChain(lake, "prod")).toEqual([]);
    const verified = await verify("2026-11-04T05:00:00Z");
    expect(codes(verified)).toEqual([]);
    expect(notes(verified)).toContain(first);
  });

  test("after a process ended between a copy and its receipt: the next run compares it with the source", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    writeRequests(source, [{ by: "ann@example.com", at: "2026-10-31T12:00:00Z" }]);
    await expect(runOnce(ledger({ stores: { archive: dyingAt(lake, "create", archiveLayout.receipts("prod")) } }))).rejects.toThrow("exports");
    await runOnce(ledger());
    await seal(ledger(), "2026-11-02T04:00:00Z");
    expect((await digestsOf(lake, "prod")).map(({ header }) => header.vouched)).toEqual([1, 1]);
    expect(await statusOf()).toEqual([]);
  });

  test("under a new key: receipts of the old one stay trusted", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    await arrive("2026-10-31");
    const next = newKey();
    await rotateKey(ledger(), next, { by: "ann@example.com", now: new Date("2026-11-01T10:00:00Z"), id: "r1" });
    await seal(ledger(signingWith(next)), "2026-11-02T04:00:00Z");
    expect((await digestsOf(lake, "prod")).map(({ header }) => header.vouched)).toEqual([1, 1]);
  });

  test("that somebody with the key accepts, and every verification repeats it", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    await lake.create(planted, Buffer.from("restored from a tape"));
    const word = { reason: "restored from tape 12", by: "ann@example.com", now: new Date("2026-11-02T03:00:00Z"), id: "a1" };
    await acceptObjects(ledger(), [planted], word);
    await lake.replace(planted, Buffer.from("something else than what was accepted"));
    await expect(seal(ledger(), "2026-11-02T04:00:00Z")).rejects.toThrow(planted);
    await lake.replace(planted, Buffer.from("restored from a tape"));
    await seal(ledger(), "2026-11-02T04:00:00Z");
    const verified = await verify("2026-11-02T05:00:00Z");
    expect(codes(verified)).toEqual([]);
    expect(notes(verified)).toContain("it has no receipt; ann@example.com accepted it at 2026-11-02T03:00:00.000Z: restored from tape 12");
    expect(await statusOf()).toEqual([{ key: planted, why: "no_receipt" }]);
  });
});

describe("what a checkpoint lists", () => {
  async function checked(): Promise<string> {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    const copy = await arrive("2026-10-31");
    await seal(ledger(), "2026-11-01T05:00:00Z");
    expect(codes(await verify("2026-11-01T06:00:00Z"))).toEqual([]);
    return copy;
  }

  test("waits for its digest, which lists it and the checkpoint", async () => {
    const copy = await checked();
    expect((await verify("2026-11-01T06:00:00Z")).gateways[0]).toMatchObject({ exports: { listed: 1 }, waiting: { exports: 1, events: 1 } });
    await seal(ledger(), "2026-11-02T04:00:00Z");
    const digest = (await digestsOf(lake, "prod")).at(-1)!;
    expect([digest.exports.map(({ key }) => key), digest.events.length]).toEqual([[copy], 1]);
    expect(codes(await verify("2026-11-02T05:00:00Z"))).toEqual([]);
  });

  test.each<[string, (copy: string) => Promise<unknown>, (copy: string) => string]>([
    ["deleted", async (copy) => await lake.remove(copy), (copy) => `deleted ${copy}`],
    ["deleted with its receipt", async (copy) => (await lake.remove(copy), await lake.remove(archiveLayout.receipt(copy))), (copy) => `deleted ${copy}`],
    ["exchanged", async (copy) => await lake.replace(copy, Buffer.from("other")), (copy) => `altered ${copy}`],
    ["exchanged with its receipt, which nobody signed", async (copy) => await exchange(copy, undefined), (copy) => `altered ${copy}`],
    ["robbed of its receipt", async (copy) => await lake.remove(archiveLayout.receipt(copy)), (copy) => `receipt_missing ${archiveLayout.receipt(copy)}`],
  ])("and is %s is found, and nothing is sealed", async (_, tamper, expected) => {
    const copy = await checked();
    await tamper(copy);
    expect(codes(await verify("2026-11-01T06:00:00Z"))).toContain(expected(copy));
    await expect(seal(ledger(), "2026-11-02T04:00:00Z")).rejects.toMatchObject({ code: "archive_broken" });
  });
});
