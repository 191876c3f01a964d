import { expect, test } from "vitest";
import { archiveLayout } from "../../src/lake/layout.ts";
import { sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { FindingCode } from "../../src/archive/verifier/finding.ts";
import { addDays, daysBetween } from "../../src/ledger/days.ts";
import { runs } from "../property/runs.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { Chance, SEED } from "./chance.ts";
import { intoFolder, SealedArchive } from "./sealed-archive.ts";
import { newKey } from "./sign-now.ts";
import { digestOf, exportOf, FIRST, Tampering, verify } from "./verifying.ts";

const GATEWAYS = ["dev", "prod", "staging"];
const DAYS = daysBetween(FIRST, addDays(FIRST, 61));
const [PURGED_ON, REDUCED_ON] = ["2026-09-10", "2026-09-20"];
const WITHOUT_BODIES = Buffer.from("without bodies");

interface TwoMonths {
  root: string;
  sealed: SealedArchive;
  events: string[];
  purge: string;
  reduction: string;
  /** What the reduced export was before. */
  reduced: Buffer;
}

/** Exports every day, holds every week, a purge, a reduction and a rotation. */
async function twoMonths(): Promise<TwoMonths> {
  const root = temporaryFolder();
  const sealed = new SealedArchive(intoFolder(root));
  const here = new Tampering(root);
  const at = (date: string): { format: 1; instance: string; by: string; at: string } => ({ format: 1, instance: "prod", by: "ann@example.com", at: `${date}T04:00:00.000Z` });
  const content = (bytes: Buffer): { size: number; sha256: string } => ({ size: bytes.byteLength, sha256: sha256Hex(bytes) });
  const events: string[] = [];
  let [purge, reduction] = ["", ""];
  let reduced: Buffer = Buffer.alloc(0);
  for (const [index, date] of DAYS.entries()) {
    for (const instance of GATEWAYS) await sealed.addExport(instance, date, "export-0");
    if (index % 7 === 3) {
      const selection = { instance: null, caller: "bob@example.com", session: null, from: null, to: null };
      events.push(await sealed.addEvent({ ...at(date), kind: "hold", id: `h${String(index)}`, hold: `h${String(index)}`, selection, reason: `case ${String(index)}` }));
    }
    if (date === "2026-09-25") {
      purge = await sealed.addEvent({ ...at(date), kind: "purge", id: "p", rule: "records 15 days", head: null, objects: [{ key: exportOf(PURGED_ON), ...content(here.read(exportOf(PURGED_ON))) }] });
      here.remove(exportOf(PURGED_ON));
    }
    if (date === "2026-09-27") {
      reduced = here.read(exportOf(REDUCED_ON));
      const objects = [{ key: exportOf(REDUCED_ON), before: content(reduced), after: content(WITHOUT_BODIES), records_removed: 0, bodies_removed: 1 }];
      reduction = await sealed.addEvent({ ...at(date), kind: "reduction", id: "r", rule: "bodies 7 days", head: null, objects });
      here.write(exportOf(REDUCED_ON), WITHOUT_BODIES);
    }
    if (date === "2026-10-05") {
      const [old, next] = [sealed.key, newKey()];
      const rotation = { ...at(date), kind: "rotation" as const, id: "k", from: old.publicKey, to: next.publicKey };
      await sealed.addEvent({ ...rotation, vouched: await next.sign(rotation) });
      sealed.key = next;
    }
    await sealed.seal(date, GATEWAYS);
  }
  return { root, sealed, events, purge, reduction, reduced };
}

/** What has to be found: one of the codes at each of the keys, and nothing else. */
type Expected = { codes: FindingCode[]; keys: string[] };

const named = (codes: FindingCode | FindingCode[], ...keys: string[]): Expected => ({ codes: [codes].flat(), keys });
const KEPT = DAYS.filter((date) => date !== PURGED_ON && date !== REDUCED_ON);
const anExport = (chance: Chance): string => exportOf(chance.one(KEPT), "export-0", chance.one(GATEWAYS));
const aDigest = (chance: Chance, days = DAYS): string => digestOf(chance.one(days), chance.one(GATEWAYS));
const change = (chance: Chance, at: Tampering, key: string): void => at.flip(key, chance.below(10_000) / 10_000);

/** Each does one thing to the archive and says what has to be found. */
const KINDS: Record<string, (chance: Chance, at: Tampering, archive: TwoMonths) => Expected> = {
  "a byte of an export": (chance, at, _, key = anExport(chance)) => (change(chance, at, key), named("altered", key)),
  "an export cut short": (chance, at, _, key = anExport(chance)) => (at.write(key, at.read(key).subarray(1)), named("altered", key)),
  "an export deleted": (chance, at, _, key = anExport(chance)) => (at.remove(key), named("deleted", key)),
  "an export added": (chance, at, _, key = exportOf(chance.one(DAYS), "export-1", chance.one(GATEWAYS))) => (at.write(key, Buffer.from("new")), named("added", key)),
  "a copy of an export added": (chance, at, _, key = exportOf(chance.one(DAYS), "export-1", chance.one(GATEWAYS))) => (at.copy(anExport(chance), key), named("added", key)),
  "an export replaced by another": (chance, at) => {
    const [older, newer] = chance.two(KEPT);
    at.copy(exportOf(older), exportOf(newer));
    return named("replaced_by_older", exportOf(newer));
  },
  "an export as it was before its reduction": (_, at, { reduced }) => (at.write(exportOf(REDUCED_ON), reduced), named("replaced_by_older", exportOf(REDUCED_ON))),
  "a byte of a digest": (chance, at, _, key = aDigest(chance)) => (change(chance, at, key), named(["digest_altered", "digest_signature"], key)),
  "a digest removed": (chance, at, _, key = aDigest(chance)) => (at.remove(key), named(["digest_missing", "chain_ends_early"], key)),
  "digests swapped": (chance, at) => {
    const instance = chance.one(GATEWAYS);
    const keys = chance.two(DAYS).map((date) => digestOf(date, instance)) as [string, string];
    at.swap(...keys);
    return named("digest_order", ...keys);
  },
  "digests of two gateways swapped": (chance, at) => {
    const date = chance.one(DAYS);
    const keys = chance.two(GATEWAYS).map((instance) => digestOf(date, instance)) as [string, string];
    at.swap(...keys);
    return named("digest_order", ...keys);
  },
  "a digest replaced by an older one": (chance, at) => {
    const [older, newer] = chance.two(DAYS);
    const instance = chance.one(GATEWAYS);
    at.copy(digestOf(older, instance), digestOf(newer, instance));
    return named("replaced_by_older", digestOf(newer, instance));
  },
  "a digest renumbered": (chance, at, _, key = aDigest(chance)) => {
    at.edit(key, (digest) => ({ ...digest, header: { ...digest.header, number: digest.header.number + 1 } }));
    return named("digest_signature", key);
  },
  "an entry taken off a digest": (chance, at, _, key = aDigest(chance)) => {
    at.edit(key, (digest) => ({ ...digest, exports: [] }));
    return named("digest_altered", key);
  },
  "a digest signed with another key": (chance, at, _, key = aDigest(chance)) => (at.remake(key, newKey()), named("digest_key", key)),
  "a digest made anew with the true key": (chance, at, { sealed }, key = aDigest(chance, DAYS.slice(0, -1))) => {
    at.remake(key, sealed.key, (digest) => ({ ...digest, exports: [] }));
    return named("digest_altered", key);
  },
  "a byte of a receipt": (chance, at, _, key = archiveLayout.receipt(anExport(chance))) => (change(chance, at, key), named("receipt_altered", key)),
  "a receipt removed": (chance, at, _, key = archiveLayout.receipt(anExport(chance))) => (at.remove(key), named("receipt_missing", key)),
  "a byte of an event": (chance, at, { events, purge, reduction }, key = chance.one([...events, purge, reduction])) => (change(chance, at, key), named("event_altered", key)),
  "an event removed": (chance, at, { events, purge, reduction }, key = chance.one([...events, purge, reduction])) => (at.remove(key), named("event_missing", key)),
  "an event replaced by another": (chance, at, { events }) => {
    const [older, newer] = chance.two(events);
    at.copy(older, newer);
    return named("replaced_by_older", newer);
  },
  "an event added": (chance, at, { events }) => {
    const key = archiveLayout.event(chance.one(GATEWAYS), { at: "2026-09-30T12:00:00.000Z", kind: "hold", id: "x" });
    at.copy(chance.one(events), key);
    return named("added", key);
  },
};

test("of two months of three gateways, nothing is found before anybody tampers, and each of fifty random tamperings is found and named", async () => {
  const archive = await twoMonths();
  expect((await verify(archive.root, archive.sealed)).findings).toEqual([]);
  const chance = new Chance();
  const kinds = Object.entries(KINDS);
  for (let run = 0; run < runs(50).numRuns; run++) {
    const [name, tamper] = kinds[run % kinds.length]!;
    const at = new Tampering(archive.root);
    const { codes, keys } = tamper(chance, at, archive);
    const { findings } = await verify(at.root, archive.sealed);
    const what = `${name}, tampering ${String(run)} of seed ${String(SEED)}: ${JSON.stringify(findings, null, 1)}`;
    expect(findings.map(({ key }) => key), what).toEqual(keys.toSorted());
    for (const { code } of findings) expect(codes, what).toContain(code);
    at.undo();
  }
  expect((await verify(archive.root, archive.sealed)).findings).toEqual([]);
}, 600_000);
