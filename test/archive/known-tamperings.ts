import { rmSync } from "node:fs";
import { join } from "node:path";
import { archiveLayout } from "../../src/lake/layout.ts";
import { canonicalBytes, sha256Hex } from "../../src/archive/chain/canonical.ts";
import type { Digest, ListedExport } from "../../src/archive/chain/digest.ts";
import type { FindingCode } from "../../src/archive/verifier/finding.ts";
import { addDays } from "../../src/ledger/days.ts";
import { newKey, signNow, type TestKey } from "./sign-now.ts";
import { CLOSES, DAYS, LAST, PURGED_ON, REDUCED_ON, type SmallArchive } from "./tampered-archive.ts";
import { digestOf, exportOf, type Tampering } from "./verifying.ts";

/** What has to be found: one of the codes, at that key. `head`: with the newest digest's hash of before, noted elsewhere. */
export interface Named {
  codes: FindingCode[];
  key: string;
  head?: true;
}

type Tamper = (at: Tampering, archive: SmallArchive) => Named;

const named = (key: string, ...codes: FindingCode[]): Named => ({ codes, key });
const [MIDDLE, OTHER] = ["2026-09-06", "2026-09-08"];
const copy = exportOf(MIDDLE);
const unlisted = exportOf(MIDDLE, "planted");

/** What there is of each kind, and another one of it. */
const OBJECTS: Record<string, { key: (archive: SmallArchive) => string; other: (archive: SmallArchive) => string; altered: FindingCode[]; gone: FindingCode[]; sameKind: FindingCode[] }> = {
  "an export": { key: () => copy, other: () => exportOf(OTHER), altered: ["altered"], gone: ["deleted"], sameKind: ["replaced_by_older"] },
  "the first export": { key: () => exportOf(DAYS[0] ?? ""), other: () => exportOf(OTHER), altered: ["altered"], gone: ["deleted"], sameKind: ["replaced_by_older"] },
  "an export of another gateway": { key: () => exportOf(MIDDLE, "export-0", "dev"), other: () => copy, altered: ["altered"], gone: ["deleted"], sameKind: ["replaced_by_older"] },
  "a reduced export": { key: () => exportOf(REDUCED_ON), other: () => copy, altered: ["altered"], gone: ["deleted"], sameKind: ["replaced_by_older"] },
  "an export that a checkpoint lists": { key: ({ pending }) => pending, other: () => copy, altered: ["altered"], gone: ["deleted"], sameKind: ["replaced_by_older"] },
  "a receipt": { key: () => archiveLayout.receipt(copy), other: () => archiveLayout.receipt(exportOf(OTHER)), altered: ["receipt_altered"], gone: ["receipt_missing"], sameKind: ["receipt_altered"] },
  "a receipt that a checkpoint lists": { key: ({ pending }) => archiveLayout.receipt(pending), other: () => archiveLayout.receipt(copy), altered: ["receipt_altered"], gone: ["receipt_missing"], sameKind: ["receipt_altered"] },
  "the first digest": { key: () => digestOf(DAYS[0] ?? ""), other: () => digestOf(OTHER), altered: ["digest_altered", "digest_signature"], gone: ["digest_missing"], sameKind: ["replaced_by_older"] },
  "a digest": { key: () => digestOf(MIDDLE), other: () => digestOf(OTHER), altered: ["digest_altered", "digest_signature"], gone: ["digest_missing"], sameKind: ["replaced_by_older"] },
  "the newest digest": { key: () => digestOf(LAST), other: () => digestOf(OTHER), altered: ["digest_altered", "digest_signature"], gone: ["chain_ends_early", "digest_missing"], sameKind: ["replaced_by_older"] },
  "a hold": { key: ({ events }) => events.hold, other: ({ events }) => events.release, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
  "a release": { key: ({ events }) => events.release, other: ({ events }) => events.hold, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
  "a tombstone": { key: ({ events }) => events.purge, other: ({ events }) => events.hold, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
  "a reduction": { key: ({ events }) => events.reduction, other: ({ events }) => events.hold, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
  "an acceptance": { key: ({ events }) => events.acceptance, other: ({ events }) => events.hold, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
  "a sealed checkpoint": { key: ({ events }) => events.sealedCheckpoint, other: ({ events }) => events.hold, altered: ["event_altered"], gone: ["event_missing"], sameKind: ["replaced_by_older"] },
};

/** Each thing in each of these ways. */
function onEach(): Record<string, Tamper> {
  const tamperings: Record<string, Tamper> = {};
  for (const [name, { key: keyOf, other, altered, gone, sameKind }] of Object.entries(OBJECTS)) {
    const change = (what: (bytes: Buffer) => Uint8Array): Tamper => (at, archive) => {
      const key = keyOf(archive);
      at.write(key, what(at.read(key)));
      return named(key, ...altered);
    };
    tamperings[`${name}: a bit in the middle`] = (at, archive) => (at.flip(keyOf(archive)), named(keyOf(archive), ...altered));
    tamperings[`${name}: emptied`] = change(() => Buffer.alloc(0));
    tamperings[`${name}: its last byte cut off`] = change((bytes) => bytes.subarray(0, -1));
    tamperings[`${name}: a byte appended`] = change((bytes) => Buffer.concat([bytes, Buffer.from(" ")]));
    tamperings[`${name}: other bytes of the same length`] = change((bytes) => Buffer.alloc(bytes.byteLength, "x"));
    tamperings[`${name}: deleted`] = (at, archive) => (at.remove(keyOf(archive)), named(keyOf(archive), ...gone));
    tamperings[`${name}: replaced by another one`] = (at, archive) => (at.copy(other(archive), keyOf(archive)), named(keyOf(archive), ...sameKind));
  }
  return tamperings;
}

/** A listed export as its first digest has it. */
function entryOf(at: Tampering, date: string): ListedExport {
  const [entry] = at.digest(digestOf(date)).exports;
  if (entry === undefined) throw new Error(`nothing of ${date} is listed`);
  return entry;
}

/** The newest digest made anew by whoever has the key: nothing names it yet. */
function remakeLast(change: (digest: Digest, at: Tampering) => Digest, ...codes: FindingCode[]): Tamper {
  return (at, { sealed }) => {
    const key = digestOf(LAST);
    at.remake(key, sealed.key, (digest) => change(digest, at));
    return named(key, ...codes);
  };
}

/** The same, with lists as they are given: `digestNow` would put them in order. */
function remakeUnsorted(list: "exports" | "events", change: (entries: Digest["exports"], at: Tampering) => object[]): Tamper {
  return (at, { sealed }) => {
    const key = digestOf(LAST);
    at.remakeAsIs(key, sealed.key, (digest) => ({ ...digest, [list]: change(digest.exports, at) }));
    return named(key, "listed_wrongly");
  };
}

const withHeader = (change: Partial<Digest["header"]>) => ({ header, ...lists }: Digest): Digest => ({ ...lists, header: { ...header, ...change } });
const edited = (change: (digest: Digest) => object, ...codes: FindingCode[]): Tamper => (at) => (at.write(digestOf(MIDDLE), canonicalBytes(change(at.digest(digestOf(MIDDLE))))), named(digestOf(MIDDLE), ...codes));

const SINGLE: Record<string, Tamper> = {
  "an export added": (at) => (at.write(unlisted, Buffer.from("new")), named(unlisted, "added")),
  "a copy of an export added": (at) => (at.copy(copy, unlisted), named(unlisted, "added")),
  "an export added with a copy of another one's receipt": (at) => (at.copy(copy, unlisted), at.copy(archiveLayout.receipt(copy), archiveLayout.receipt(unlisted)), named(unlisted, "added")),
  "an export added with a receipt that nobody signed": (at) => (addReceipt(at, undefined), named(unlisted, "added")),
  "an export added with a receipt that another key signed": (at) => (addReceipt(at, newKey()), named(unlisted, "added")),
  "an export added with a receipt of the true key, of a day long sealed": (at, { sealed }) => (addReceipt(at, sealed.key), named(unlisted, "added")),
  "an export added that its receipt saw nobody bring": (at, { sealed }) => (addReceipt(at, sealed.key, { received_at: `${LAST}T23:30:00.000Z`, arrived: null }), named(unlisted, "added")),
  "an export moved to another day": (at) => (at.copy(copy, unlisted), at.remove(copy), named(copy, "deleted")),
  "an export moved to another gateway": (at) => (at.copy(copy, exportOf(MIDDLE, "planted", "dev")), named(exportOf(MIDDLE, "planted", "dev"), "added")),
  "two exports swapped": (at) => (at.swap(copy, exportOf(OTHER)), named(copy, "replaced_by_older")),
  "two receipts swapped": (at) => (at.swap(archiveLayout.receipt(copy), archiveLayout.receipt(exportOf(OTHER))), named(archiveLayout.receipt(copy), "receipt_altered")),
  "two digests swapped": (at) => (at.swap(digestOf(MIDDLE), digestOf(OTHER)), named(digestOf(MIDDLE), "digest_order")),
  "digests of two gateways swapped": (at) => (at.swap(digestOf(MIDDLE), digestOf(MIDDLE, "dev")), named(digestOf(MIDDLE), "digest_order")),
  "two events swapped": (at, { events }) => (at.swap(events.hold, events.purge), named(events.hold, "replaced_by_older")),
  "an export as it was before it was reduced": (at, { before }) => (at.write(exportOf(REDUCED_ON), before), named(exportOf(REDUCED_ON), "replaced_by_older")),
  "other bytes in the place of what was purged": (at) => (at.write(exportOf(PURGED_ON), Buffer.from("new")), named(exportOf(PURGED_ON), "altered")),
  "an exchanged export with a new receipt that nobody signed": (at) => (exchange(at, undefined), named(copy, "altered")),
  "an exchanged export with a new receipt of the true key": (at, { sealed }) => (exchange(at, sealed.key), named(copy, "altered")),
  "a receipt without its export": (at) => (at.copy(archiveLayout.receipt(copy), archiveLayout.receipt(unlisted)), named(archiveLayout.receipt(unlisted), "added")),
  "a receipt signed anew with the same words by another key": (at) => resign(at, archiveLayout.receipt(copy), "receipt_altered"),
  "an event signed anew with the same words by another key": (at, { events }) => resign(at, events.hold, "event_altered"),
  "an event copied to another moment": (at, { events }) => (at.copy(events.hold, invented("prod")), named(invented("prod"), "added")),
  "an event copied to another gateway": (at, { events }) => (at.copy(events.hold, invented("dev")), named(invented("dev"), "added")),
  "an event that another key signed": (at) => (at.write(invented("prod"), canonicalBytes(signNow(tombstone, newKey()))), named(invented("prod"), "added")),
  "a tombstone invented for an export that was deleted": (at) => (at.write(invented("prod"), canonicalBytes(signNow(tombstone, newKey()))), at.remove(copy), named(copy, "deleted")),
  "a backdated tombstone of the true key": (at, { sealed }) => (at.write(invented("prod"), canonicalBytes(signNow(tombstone, sealed.key))), named(invented("prod"), "added")),
  "junk among the events": (at) => (at.write("archive/prod/_events/junk.json", Buffer.from("{")), named("archive/prod/_events/junk.json", "added")),
  "junk beside the exports": (at) => (at.write("archive/prod/readme.txt", Buffer.from("hello")), named("archive/prod/readme.txt", "added")),
  "a file under another name of a digest": (at) => (at.copy(digestOf(MIDDLE), "archive/prod/_digests/2026-09-31.json"), named("archive/prod/_digests/2026-09-31.json", "added")),
  "the rotation removed": (at, { events }) => (at.remove(events.rotation), named(events.rotation, "event_missing", "digest_key")),
  "digests removed in the middle": (at) => (at.remove(digestOf(MIDDLE)), at.remove(digestOf("2026-09-07")), named(digestOf(MIDDLE), "digest_missing")),
  "one gateway's newest digests cut off": (at) => (at.remove(digestOf(LAST)), at.remove(digestOf("2026-09-09")), named(digestOf("2026-09-09"), "digest_missing")),
  "the newest digests of all gateways cut off": (at) => (["dev", "prod"].forEach((instance) => [LAST, "2026-09-09"].forEach((date) => at.remove(digestOf(date, instance)))), named(digestOf("2026-09-09"), "chain_ends_early")),
  "the newest digest made anew without an export, by whoever has the key": (at, { sealed }) => (at.remake(digestOf(LAST), sealed.key, (digest) => ({ ...digest, exports: [] })), { ...named("archive/", "head_missing"), head: true }),
  "a chain removed": (at) => (DAYS.forEach((date) => at.remove(digestOf(date))), named("archive/prod/_digests/", "chain_missing")),
  "a gateway removed": (at) => (rmSync(join(at.root, "archive/prod"), { recursive: true }), named("archive/prod/_digests/", "chain_missing")),
  "everything removed": (at) => (rmSync(join(at.root, "archive"), { recursive: true }), named("archive/", "chain_missing")),
  "a digest with another time": edited(withHeader({ sealed_at: "2026-09-06T23:30:00.000Z" }), "digest_signature"),
  "a digest with another number": edited(withHeader({ number: 9 }), "digest_signature"),
  "a digest with another root": edited(withHeader({ root: "0".repeat(64) }), "digest_signature"),
  "a digest that follows nothing": edited(withHeader({ previous: null }), "digest_signature"),
  "a digest that knows no other gateway": edited(withHeader({ others: [] }), "digest_signature"),
  "a digest without its closes": edited(withHeader({ closes: [] }), "digest_signature"),
  "a digest with a member that nobody signed": edited((digest) => ({ ...digest, note: "it was always there" }), "digest_altered"),
  "a digest with a signed-looking member in its header": edited(({ header, ...rest }) => ({ ...rest, header: { ...header, note: "it was always there" } }), "digest_altered"),
  "a digest that is not signed": edited((digest) => ({ ...digest, key: null, signature: null }), "digest_signature"),
  "a digest that says its signature covers only a hash": edited((digest) => ({ ...digest, signs: "sha256" }), "digest_signature"),
  "a digest with the signature of another": (at) => (at.edit(digestOf(MIDDLE), (digest) => ({ ...digest, signature: at.digest(digestOf(OTHER)).signature })), named(digestOf(MIDDLE), "digest_signature")),
  "a digest that lists one export less": edited((digest) => ({ ...digest, exports: digest.exports.slice(1) }), "digest_altered"),
  "a digest that lists one event more": edited((digest) => ({ ...digest, events: [{ key: "archive/prod/_events/x.json", size: 1, sha256: "0".repeat(64) }] }), "digest_altered"),
  "a digest that lists an export with another hash": edited((digest) => ({ ...digest, exports: digest.exports.map((one) => ({ ...one, sha256: "0".repeat(64) })) }), "digest_altered"),
  "a digest whose mark was taken off or set": edited((digest) => ({ ...digest, exports: digest.exports.map((one) => ({ ...one, unvouched: "unsigned" })) }), "digest_altered"),
  "a digest whose lists were turned round": edited((digest) => ({ ...digest, exports: digest.exports.toReversed() }), "digest_altered"),
  "a digest that is written otherwise": (at) => (at.write(digestOf(MIDDLE), Buffer.from(JSON.stringify(at.digest(digestOf(MIDDLE)), null, 1))), named(digestOf(MIDDLE), "digest_altered")),
  "a digest signed with another key": (at) => (at.remake(digestOf(MIDDLE), newKey()), named(digestOf(MIDDLE), "digest_key")),
  "a digest made anew with the true key": (at, { sealed }) => (at.remake(digestOf(MIDDLE), sealed.key, (digest) => ({ ...digest, exports: [] })), named(digestOf(MIDDLE), "digest_altered")),
  "the newest digest lists an export with other bytes that an earlier one lists": (at, archive) => {
    at.write(copy, Buffer.from("what never arrived"));
    const again = { ...entryOf(at, MIDDLE), size: 18, sha256: sha256Hex(at.read(copy)) };
    return remakeLast((digest) => ({ ...digest, exports: [...digest.exports, again] }), "listed_wrongly")(at, archive);
  },
  "the newest digest lists an export that an earlier one lists": remakeLast((digest, at) => ({ ...digest, exports: [...digest.exports, entryOf(at, MIDDLE)] }), "listed_wrongly"),
  "the newest digest lists an event that an earlier one lists": remakeLast((digest, at) => ({ ...digest, events: at.digest(digestOf("2026-09-02")).events }), "listed_wrongly"),
  "the newest digest lists one export twice": remakeLast((digest) => ({ ...digest, exports: [...digest.exports, ...digest.exports.slice(0, 1)] }), "listed_wrongly"),
  "the newest digest lists one export twice, with other bytes": remakeLast((digest) => ({ ...digest, exports: [...digest.exports, ...digest.exports.slice(0, 1).map((one) => ({ ...one, sha256: "0".repeat(64) }))] }), "listed_wrongly"),
  "the newest digest lists exports out of order": remakeUnsorted("exports", (exports) => exports.toReversed()),
  "the newest digest lists one export twice, apart": remakeUnsorted("exports", (exports) => [...exports, ...exports.slice(0, 1)]),
  "the newest digest lists an export of another gateway": remakeLast((digest, at) => ({ ...digest, exports: [...digest.exports, ...at.digest(digestOf(LAST, "dev")).exports] }), "listed_wrongly"),
  "the newest digest lists a receipt as an export": remakeLast((digest) => ({ ...digest, exports: [...digest.exports, ...digest.exports.slice(0, 1).map((one) => ({ ...one, key: archiveLayout.receipt(one.key) }))] }), "listed_wrongly"),
  "the newest digest was sealed before its day": remakeLast(withHeader({ sealed_at: "2026-09-09T23:59:59.000Z" }), "time_order"),
  "the newest digest was sealed before the one that it follows": remakeLast(withHeader({ sealed_at: "2026-09-09T22:00:00.000Z" }), "time_order"),
  "the newest digest has a number too high": remakeLast(withHeader({ number: 12 }), "digest_order"),
  "the newest digest has no predecessor": remakeLast(withHeader({ previous: null }), "digest_order"),
  "the newest digest names a predecessor that never was": (at, archive) => {
    const { previous } = at.digest(digestOf(LAST)).header;
    remakeLast(withHeader({ previous: { ...previous!, sha256: "0".repeat(64) } }))(at, archive);
    return named(digestOf("2026-09-09"), "digest_altered");
  },
  "the newest digest lacks a close": (at, archive) => (remakeLast(withHeader({ closes: CLOSES.slice(1) }))(at, archive), named("_ledger/closes/2026-07.json", "close_dropped")),
  "the newest digest names a close with another hash": (at, archive) => (remakeLast(withHeader({ closes: CLOSES.map((close) => ({ ...close, sha256: "0".repeat(64) })) }))(at, archive), named("_ledger/closes/2026-07.json", "close_dropped")),
  "the newest digest lists a backdated event": (at, archive) => listEvent(at, archive, "2026-09-01T04:00:00.000Z"),
  "the newest digest lists an event of the day after tomorrow": (at, archive) => listEvent(at, archive, "2026-09-12T04:00:00.000Z"),
};

const tombstone = { format: 1 as const, kind: "purge" as const, id: "x", instance: "prod", at: "2026-09-05T12:00:00.000Z", by: "nobody", rule: "none", head: null, objects: [{ key: copy, size: 1, sha256: "0".repeat(64) }] };

function invented(instance: string): string {
  return archiveLayout.event(instance, { at: tombstone.at, kind: tombstone.kind, id: tombstone.id });
}

function addReceipt(at: Tampering, signer: TestKey | undefined, changes: object = {}): void {
  at.write(unlisted, Buffer.from("new"));
  writeReceipt(at, unlisted, signer, changes);
}

function exchange(at: Tampering, signer: TestKey | undefined): void {
  at.write(copy, Buffer.from("what never arrived"));
  writeReceipt(at, copy, signer, {});
}

function writeReceipt(at: Tampering, key: string, signer: TestKey | undefined, changes: object): void {
  const bytes = at.read(key);
  const kept = { size: bytes.byteLength, sha256: sha256Hex(bytes) };
  const header = { format: 1, instance: "prod", key, received_at: `${MIDDLE}T10:00:00.000Z`, arrived: kept, kept, bodies: "keep", damage: null, retention: null, ...changes };
  at.write(archiveLayout.receipt(key), canonicalBytes(signNow(header, signer)));
}

function resign(at: Tampering, key: string, code: FindingCode): Named {
  const { header } = JSON.parse(at.read(key).toString()) as { header: object };
  at.write(key, canonicalBytes(signNow(header, newKey())));
  return named(key, code);
}

/** The newest digest lists an event of the true key that says it happened then. */
function listEvent(at: Tampering, { sealed }: SmallArchive, moment: string): Named {
  const hold = { format: 1 as const, kind: "release" as const, id: "y", instance: "prod", at: moment, by: "ann@example.com", hold: "h", reason: "settled" };
  const key = archiveLayout.event("prod", hold);
  const bytes = canonicalBytes(signNow(hold, sealed.key));
  at.write(key, bytes);
  at.remake(digestOf(LAST), sealed.key, (digest) => ({ ...digest, events: [{ key, size: bytes.byteLength, sha256: sha256Hex(bytes) }] }));
  return named(key, "time_order");
}

/** Every known tampering, by name. */
export const KNOWN_TAMPERINGS: Readonly<Record<string, Tamper>> = { ...onEach(), ...SINGLE };

/** The day after the archive ends. */
export const NOW = new Date(`${addDays(LAST, 1)}T06:00:00Z`);
