import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { rotateKey } from "../../src/archive/rotate-key.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import type { Receipt } from "../../src/archive/copies/receipt.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { auditChain, digestsOf, KEY, PAIR, seal, signingWith } from "./sealing.ts";
import { testKey } from "./sign-now.ts";
import { copiesOf } from "../archived-copies.ts";
import { recordWrites } from "../hooked-store.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { dyingAt } from "./stopping-stores.ts";

const OTHER_PAIR = generateKeys();
const OTHER_KEY = testKey(OTHER_PAIR.privateKey);
const LAST = archiveLayout.digest("prod", "2026-11-02");
const ROTATING = { by: "ann@example.com", now: new Date("2026-11-02T10:00:00Z"), id: "r1" };

let folders: { prod: string; lab: string };
let lake: FsStore;

beforeEach(async () => {
  mayBeIncoherent("the chain is altered");
  folders = { prod: temporaryFolder(), lab: temporaryFolder() };
  lake = new FsStore(temporaryFolder());
  for (const folder of Object.values(folders)) writeRequests(folder, [{ by: "ann@example.com", at: "2026-10-29T12:00:00Z" }]);
  await runOnce(ledger());
  await seal(ledger(), "2026-11-01");
  await seal(ledger(), "2026-11-02");
});

function ledger(changes: LedgerChanges = {}): Ledger {
  const sources = (["prod", "lab"] as const).map((instance) => ({ instance, store: new FsStore(folders[instance]) }));
  return testLedger(sources[0]!.store, lake, { stores: { sources } }, signingWith(), changes);
}

async function read(key: string): Promise<unknown> {
  return JSON.parse(Buffer.from(await lake.read(key)).toString()) as unknown;
}

async function alterDigest(key: string, change: (digest: Digest) => object): Promise<void> {
  await lake.replace(key, canonicalBytes(change((await read(key)) as Digest)));
}

/** What is said of an archive that nothing is sealed of; throws where something is. */
async function refusal(at: string): Promise<string> {
  const { store, writes } = recordWrites(lake);
  const error = await seal(ledger({ stores: { archive: store } }), at).catch((thrown: unknown) => thrown);
  if (!(error instanceof LedgerError) || error.code !== "archive_broken") throw new Error("it was sealed", { cause: error });
  const written = writes.filter((write) => write.includes("archive/prod/"));
  if (written.length > 0) throw new Error(`written: ${written.join(", ")}`);
  return error.message;
}

describe("nothing is sealed on top of a digest that", () => {
  test("is no JSON", async () => {
    await lake.replace(LAST, Buffer.from("{"));
    const said = await refusal("2026-11-03");
    for (const text of [LAST, "it is not JSON"]) expect(said).toContain(text);
  });

  test.each<[string, (digest: Digest) => object]>([
    ["says something else than was signed", (digest) => ({ ...digest, header: { ...digest.header, sealed_at: "2026-11-02T01:00:00.000Z" } })],
    ["lists something else than was signed", (digest) => ({ ...digest, events: [{ key: "archive/prod/_events/odd.json", size: 1, sha256: "0".repeat(64) }] })],
    ["has a member that nobody signed", (digest) => ({ ...digest, header: { ...digest.header, note: "it was always there" } })],
    ["is not signed", (digest) => ({ ...digest, key: null, signature: null })],
    ["is signed with another key", ({ header, ...lists }) => ({ ...lists, header, key: OTHER_KEY.publicKey, signature: OTHER_KEY.signNow({ header, key: OTHER_KEY.publicKey }) })],
    ["has its number from elsewhere", ({ header, ...lists }) => {
      const other = { ...header, number: 7 };
      return { ...lists, header: other, key: KEY.publicKey, signature: KEY.signNow({ header: other, key: KEY.publicKey }) };
    }],
  ])("%s", async (_, change) => {
    await alterDigest(LAST, change);
    expect(await refusal("2026-11-03")).toContain(LAST);
  });

  test("follows one that was altered", async () => {
    await alterDigest(archiveLayout.digest("prod", "2026-11-01"), (digest) => ({ ...digest, exports: [] }));
    const said = await refusal("2026-11-03");
    for (const text of [LAST, "does not refer to the digest before it"]) expect(said).toContain(text);
  });

  test("follows one that is gone", async () => {
    await lake.remove(archiveLayout.digest("prod", "2026-11-01"));
    expect(await refusal("2026-11-03")).toContain(LAST);
  });

  test("lies before one that is gone, when another gateway's chain knows of it", async () => {
    await seal(ledger(), "2026-11-03");
    await lake.remove(LAST);
    await lake.remove(archiveLayout.digest("prod", "2026-11-03"));
    const said = await refusal("2026-11-04");
    for (const text of [LAST, "the chain of lab names it"]) expect(said).toContain(text);
  });
});

describe("no digest lists", () => {
  test("an event that no trusted key signed", async () => {
    const purge: ArchiveEvent = { format: 1, kind: "purge", id: "1", instance: "prod", at: "2026-11-02T10:00:00.000Z", by: "job", rule: "none", head: null, objects: [] };
    const key = await recordEvent(lake, purge, OTHER_KEY, undefined);
    const { gateways } = await seal(ledger(), "2026-11-03");
    expect(gateways.map((gateway) => gateway.left_aside)).toEqual([[], [{ key, problem: "no trusted key signed it" }]]);
    expect((await digestsOf(lake, "prod")).at(-1)?.events).toEqual([]);
  });

  test.each([["another gateway", "/lab/", "/prod/"], ["another moment", "2026-11", "2027-11"]])("an event that was copied to %s", async (_, from, to) => {
    const [lab, prod] = (await rotateKey(ledger(), OTHER_KEY, ROTATING)).gateways.map(({ recorded }) => recorded ?? "");
    await lake.remove(prod!);
    const copy = lab!.replace(from, to);
    await lake.create(copy, await lake.read(lab!));
    const { gateways } = await seal(ledger(), "2026-11-03");
    expect(gateways.flatMap((gateway) => gateway.left_aside)).toEqual([{ key: copy, problem: "it is a copy of an event that belongs elsewhere" }]);
  });

  test.each([["bytes", "altered"], ["size", "altered, and of another length than it had"]])("an export whose %s are not what its receipt says", async (_, text) => {
    writeRequests(folders.prod, [{ by: "ann@example.com", at: "2026-10-31T12:00:00Z" }]);
    await runOnce(ledger());
    const copy = (await copiesOf(lake)).findLast((key) => key.startsWith("archive/prod/")) ?? "";
    await lake.replace(copy, Buffer.from(text));
    expect(await refusal("2026-11-03")).toContain(copy);
  });

  test("an export whose receipt was altered", async () => {
    writeRequests(folders.prod, [{ by: "ann@example.com", at: "2026-10-31T12:00:00Z" }]);
    await runOnce(ledger());
    const copy = (await copiesOf(lake)).findLast((key) => key.startsWith("archive/prod/")) ?? "";
    const receipt = (await read(archiveLayout.receipt(copy))) as Receipt;
    await lake.replace(archiveLayout.receipt(copy), canonicalBytes({ ...receipt, header: { ...receipt.header, received_at: "2026-01-01T00:00:00.000Z" } }));
    const said = await refusal("2026-11-03");
    for (const text of [archiveLayout.receipt(copy), "its signature is not valid"]) expect(said).toContain(text);
  });
});

test("a gateway whose chain was altered keeps no other from being sealed", async () => {
  await lake.replace(LAST, Buffer.from("{"));
  await expect(seal(ledger(), "2026-11-03")).rejects.toThrow("1 of 2 gateways were not sealed, prod first");
  expect(await digestsOf(lake, "lab")).toHaveLength(3);
  expect(await auditChain(lake, "lab")).toEqual([]);
});

describe("a rotation", () => {
  test("is recorded in every chain, and digests of the new key follow those of the old one", async () => {
    const { gateways } = await rotateKey(ledger(), OTHER_KEY, ROTATING);
    expect(gateways.map(({ instance }) => instance)).toEqual(["lab", "prod"]);
    await seal(ledger(signingWith(OTHER_KEY)), "2026-11-03");
    for (const { instance, recorded } of gateways) {
      const digests = await digestsOf(lake, instance);
      expect(digests.map(({ key }) => key)).toEqual([KEY.publicKey, KEY.publicKey, OTHER_KEY.publicKey]);
      expect(digests.at(-1)!.events.map(({ key }) => key)).toEqual([recorded]);
      expect(await auditChain(lake, instance)).not.toEqual([]);
      expect(await auditChain(lake, instance, [PAIR.publicKey, OTHER_PAIR.publicKey])).toEqual([]);
    }
  });

  test("lets the old key go on until the new one is configured", async () => {
    await rotateKey(ledger(), OTHER_KEY, ROTATING);
    await seal(ledger(), "2026-11-03");
    await seal(ledger(signingWith(OTHER_KEY)), "2026-11-04");
    await seal(ledger(signingWith(OTHER_KEY)), "2026-11-05");
    expect((await digestsOf(lake, "prod")).map(({ key }) => key === KEY.publicKey)).toEqual([true, true, true, false, false]);
  });

  test("that was killed half way is finished by the same call, and recorded once in each chain", async () => {
    await expect(rotateKey(ledger({ stores: { archive: dyingAt(lake, "create", archiveLayout.events("prod")) } }), OTHER_KEY, ROTATING)).rejects.toThrow("killed");
    const { gateways } = await rotateKey(ledger(), OTHER_KEY, { ...ROTATING, id: "r2" });
    expect(gateways.map(({ instance, recorded }) => [instance, recorded === null])).toEqual([["lab", true], ["prod", false]]);
    expect((await rotateKey(ledger(), OTHER_KEY, { ...ROTATING, id: "r3" })).gateways.every(({ recorded }) => recorded === null)).toBe(true);
  });

  test("is what a new key needs: without it nothing is sealed", async () => {
    await expect(seal(ledger(signingWith(OTHER_KEY)), "2026-11-03")).rejects.toMatchObject({ code: "archive_broken", message: expect.stringContaining("no rotation links") as string });
    expect(await digestsOf(lake, "prod")).toHaveLength(2);
  });

  test("to the key that is configured is refused", async () => {
    await expect(rotateKey(ledger(), KEY, ROTATING)).rejects.toMatchObject({ code: "usage" });
  });
});
