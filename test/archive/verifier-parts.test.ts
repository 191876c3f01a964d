import { describe, expect, test } from "vitest";
import { readAnnulled } from "../../src/archive/chain/read-annulled.ts";
import { canonicalBytes } from "../../src/archive/chain/canonical.ts";
import { digest } from "../../src/archive/chain/digest.ts";
import type { ArchiveEvent, EventOf } from "../../src/archive/chain/event.ts";
import { loadDocument } from "../../src/archive/chain/read-document.ts";
import { signHeader } from "../../src/archive/chain/signed.ts";
import type { SigningKey } from "../../src/archive/chain/signing-key.ts";
import { hash } from "../../src/archive/verifier/check-exports.ts";
import { checkLists } from "../../src/archive/verifier/check-lists.ts";
import { compareProtection, type OwedProtection } from "../../src/archive/verifier/check-protection.ts";
import { holdsInForce, owedHolds } from "../../src/archive/verifier/owed-holds.ts";
import { finding, inOrder, leavingOpen } from "../../src/archive/verifier/finding.ts";
import { archiveLayout } from "../../src/lake/layout.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import type { Protection } from "../../src/storage/object-locks.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { chainOf, eventNamed, exportNamed, KEY } from "./chain-links.ts";
import { newKey } from "./sign-now.ts";

const common = { format: 1, instance: "prod", at: "2026-10-07T00:00:00.000Z", by: "ann" } as const;
const ALL = { instance: null, caller: null, session: null, from: null, to: null };

async function entriesOf(archive: ObjectStore): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of archive.list("archive/")) entries.push(entry);
  return entries;
}

describe("annulments", () => {
  const annulment: EventOf<"annulment"> = { ...common, kind: "annulment", id: "a", after: "2026-10-01", reason: "clock", digests: [{ key: "k", sha256: "s" }] };

  test("are those that a trusted key signed, read from the archive", async () => {
    const archive = new FsStore(temporaryFolder());
    const put = async (event: ArchiveEvent, key: SigningKey): Promise<unknown> => await archive.create(archiveLayout.event("prod", event), canonicalBytes(await signHeader(event, key)));
    expect((await readAnnulled(archive, await entriesOf(archive), KEY.publicKey)).size).toBe(0);
    await put(annulment, KEY);
    await put({ ...annulment, id: "b", digests: [{ key: "l", sha256: "forged" }] }, newKey());
    await put({ ...common, kind: "clock", id: "c", newest: null }, KEY);
    await archive.create(archiveLayout.event("prod", { ...annulment, id: "broken" }), Buffer.from("{"));
    const annulled = await readAnnulled(archive, await entriesOf(archive), KEY.publicKey);
    expect([...annulled]).toEqual([["s", { event: annulment, key: "k" }]]);
  });
});

test("a document is loaded with its bytes' hash, is undefined where nothing lies, and is refused where it is broken", async () => {
  const [one] = chainOf([{ exports: [exportNamed("a")] }]);
  const archive = new FsStore(temporaryFolder());
  expect(await loadDocument(archive, one!.key, digest)).toBeUndefined();
  await archive.create(one!.key, canonicalBytes(one!.document));
  expect(await loadDocument(archive, one!.key, digest)).toMatchObject({ key: one!.key, sha256: one!.sha256, size: one!.size, document: one!.document });
  await archive.create(`${one!.key}.json`, Buffer.from(JSON.stringify(one!.document, null, 1)));
  await expect(loadDocument(archive, `${one!.key}.json`, digest)).rejects.toMatchObject({ code: "archive_broken" });
});

test("an export that is gone has no hash, and a store that fails is not taken for one whose export is gone", async () => {
  const workspace = temporaryFolder();
  const failing = (code: "object_missing" | "object_changed"): ObjectStore => ({ download: () => Promise.reject(new LedgerError(code, "no", { remedy: "none" })) }) as unknown as ObjectStore;
  expect(await hash(failing("object_missing"), "k", workspace)).toBeUndefined();
  await expect(hash(failing("object_changed"), "k", workspace)).rejects.toMatchObject({ code: "object_changed" });
  await expect(hash({ download: () => Promise.reject(new TypeError("object_missing")) } as unknown as ObjectStore, "k", workspace)).rejects.toThrow(TypeError);
});

describe("what the lists of a chain say twice", () => {
  const again = (sha256: string): ReturnType<typeof exportNamed> => ({ ...exportNamed("a"), sha256 });

  test("is a finding at the later digest, against the first that lists it", () => {
    const chain = chainOf([{ exports: [exportNamed("a")] }, { exports: [again("f".repeat(64))] }, { exports: [exportNamed("a")] }]);
    const { findings, notes } = checkLists("prod", chain, []);
    expect(notes).toEqual([]);
    expect(findings.map(({ code, key, expected, found }) => [code, key, expected, found])).toEqual([
      ["listed_wrongly", chain[1]!.key, exportNamed("a").sha256, "f".repeat(64)],
      ["listed_wrongly", chain[2]!.key, exportNamed("a").sha256, exportNamed("a").sha256],
    ]);
    expect(findings.map(({ text }) => [text.includes(exportNamed("a").key), text.includes(chain[0]!.key), text.includes("with other bytes")])).toEqual([[true, true, true], [true, true, false]]);
  });

  test("is a note where somebody stood up for the digest", () => {
    const chain = chainOf([{ events: [eventNamed("v")] }, { events: [eventNamed("v")] }]);
    const accepted: EventOf<"acceptance"> = { ...common, kind: "acceptance", id: "x", reason: "known", objects: [{ key: chain[1]!.key, sha256: chain[1]!.sha256 }] };
    const { findings, notes } = checkLists("prod", chain, [{ key: "e", event: accepted }]);
    expect(findings).toEqual([]);
    expect(notes).toMatchObject([{ key: chain[1]!.key, text: expect.stringMatching(/ann .* at 2026-10-07T00:00:00\.000Z: known$/) as string }]);
  });
});

describe("holds and locks", () => {
  const hold = (id: string, selection: EventOf<"hold">["selection"]): EventOf<"hold"> => ({ ...common, kind: "hold", id, hold: id, selection, reason: "r" });
  const release = (id: string): EventOf<"release"> => ({ ...common, kind: "release", id: `r${id}`, hold: id, reason: "r" });

  test("are in force until they are released, on everything or on parts", () => {
    const inForce = (events: ArchiveEvent[], lost: string[] = []): unknown => {
      const findings = lost.map((key) => finding("event_missing", { instance: "prod", key, what: "is missing" }));
      const { everything, parts } = owedHolds(holdsInForce([{ instance: "prod", events: { events: events.map((event) => ({ key: event.id, event, sealed: true })), findings } }]), "prod");
      return [everything, parts.map(({ id }) => id)];
    };
    const events = [hold("a", ALL), hold("b", ALL), hold("c", { ...ALL, caller: "ann@example.com" }), hold("d", { ...ALL, instance: "lab", session: "s" }), release("b")];
    expect(inForce(events)).toEqual([true, ["c"]]);
    expect(inForce([...events, release("a"), release("c")])).toEqual([false, []]);
    // The lost release is the finding, not each copy that it freed.
    expect(inForce(events, [archiveLayout.event("prod", { ...release("c"), id: "c" })])).toEqual([true, []]);
  });

  test("are in force once a digest lists them, until each gateway that has them has their release", () => {
    const selection = { ...ALL, caller: "ann@example.com" };
    const of = (instance: string, events: EventOf<"hold" | "release">[], sealed = true): Parameters<typeof holdsInForce>[0][number] => ({ instance, events: { events: events.map((event) => ({ key: event.id, event: { ...event, instance }, sealed })), findings: [] } });
    const idsOver = (...gateways: Parameters<typeof holdsInForce>[0][number][]): string[] => owedHolds(holdsInForce(gateways), "prod").parts.map(({ id }) => id);
    expect(idsOver(of("prod", [hold("a", selection)], false))).toEqual([]);
    expect(idsOver(of("lab", [hold("a", selection)]), of("prod", []))).toEqual(["a"]);
    expect(idsOver(of("lab", [hold("a", selection)]), of("prod", [hold("a", selection), release("a")]))).toEqual(["a"]);
    expect(idsOver(of("lab", [hold("a", selection), release("a")]), of("prod", [hold("a", selection), release("a")]))).toEqual([]);
  });

  const promised = { mode: "COMPLIANCE", until: "2033-10-05T00:00:00.500Z" } as const;
  const check = (protection: Protection | undefined, owed: Omit<OwedProtection, "parts">): ReturnType<typeof compareProtection> => compareProtection("prod", "k", { owed: { ...owed, parts: [] }, protection, covering: [] });
  const locked = (mode: "COMPLIANCE" | "GOVERNANCE", until: string, legalHold = false): Protection => ({ retention: { mode, until: new Date(until) }, legalHold });

  test("are compared by the second and by how strict they are", () => {
    const owed = { retention: promised, isHeld: false };
    expect(check(locked("COMPLIANCE", "2033-10-05T00:00:00Z"), owed)).toBeUndefined();
    expect(check(locked("COMPLIANCE", "2033-10-04T23:59:59Z"), owed)).toMatchObject({ code: "retention_shortened", expected: "COMPLIANCE until 2033-10-05T00:00:00.500Z", found: "COMPLIANCE until 2033-10-04T23:59:59.000Z" });
    expect(check(locked("GOVERNANCE", "2040-01-01T00:00:00Z"), owed)).toMatchObject({ code: "retention_shortened" });
    expect(check(locked("COMPLIANCE", "2040-01-01T00:00:00Z"), { ...owed, retention: { ...promised, mode: "GOVERNANCE" } })).toBeUndefined();
    expect(check({ retention: undefined, legalHold: false }, owed)).toMatchObject({ code: "retention_shortened", found: "no lock" });
    expect(check(undefined, owed)).toMatchObject({ code: "deleted" });
    expect(check({ retention: undefined, legalHold: false }, { retention: undefined, isHeld: true })).toMatchObject({ code: "legal_hold_missing" });
    expect(check({ retention: undefined, legalHold: true }, { retention: undefined, isHeld: true })).toBeUndefined();
  });
});

describe("findings", () => {
  const at = (instance: string | null, key: string, what = "x", code: "altered" | "deleted" = "altered") => finding(code, { instance, key, what });

  test("stand by gateway, key, code and text, whatever order they come in", () => {
    const all = [at(null, "z"), at("a", "k"), at("a", "k", "y"), at("a", "k", "x", "deleted"), at("a", "l"), at("b", "a")];
    expect(inOrder(all.toReversed())).toEqual(all);
    expect(inOrder([all[3]!, all[0]!, all[5]!, all[2]!, all[4]!, all[1]!])).toEqual(all);
  });

  test("say what was expected and found, where either is known", () => {
    const said = (expected: string | null, found: string | null): string => finding("altered", { instance: "a", key: "k", what: "is wrong", expected, found }).text;
    expect([said(null, null), said("1", null), said(null, "2"), said("1", "2")].map((text) => text.split(": ")[0])).toEqual([
      "k is wrong", "k is wrong (expected 1, found nothing)", "k is wrong (expected nothing, found 2)", "k is wrong (expected 1, found 2)",
    ]);
  });

  test("leave open what they name: unsigned objects first, twenty at most", () => {
    const cause = at("a", "k");
    expect(leavingOpen(cause, [])).toEqual(cause);
    expect(leavingOpen(cause, [{ key: "o", isSigned: true }])).toMatchObject({ text: expect.stringMatching(/; 1 object is unaccounted for [^;,]*$/) as string, unaccounted: { count: 1, unsigned: 0, keys: ["o"] } });
    const many = Array.from({ length: 25 }, (_, index) => ({ key: `o${String(index + 10)}`, isSigned: index % 2 === 0 }));
    const open = leavingOpen(cause, many);
    expect(open.text).toMatch(/; 25 objects are unaccounted for [^,]*, 12 of them /);
    expect(open.unaccounted).toMatchObject({ count: 25, unsigned: 12 });
    expect(open.unaccounted?.keys).toEqual([...many.filter(({ isSigned }) => !isSigned), ...many.filter(({ isSigned }) => isSigned)].map(({ key }) => key).slice(0, 20));
  });
});
