import pMap from "p-map";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectLocks } from "../../storage/object-locks.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { archiveLayout } from "../../lake/layout.ts";
import { noteOpenings } from "./note-openings.ts";
import { acceptanceOf } from "../chain/acceptance.ts";
import type { ArchiveEvent } from "../chain/event.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import { type GatewayArchive, listGateway } from "../copies/list-archive.ts";
import { UNVOUCHED, type UnvouchedReason } from "../copies/unvouched.ts";
import { checkUnlisted, checkUnlistedReceipt, type ExplainedObjects, explainUnlisted, type Unlisted } from "./explain-unlisted.ts";
import type { ChainFault, CheckedChain } from "./check-chain.ts";
import type { CheckedEvents } from "./check-events.ts";
import { checkTimestamps, type TimestampVerification } from "./check-timestamps.ts";
import { checkLists } from "./check-lists.ts";
import { type CheckedExports, checkExports } from "./check-exports.ts";
import { owedRetention } from "./check-protection.ts";
import { type Finding, finding, leavingOpen, type Note } from "./finding.ts";
import type { TrustedRoots } from "../timestamps/token.ts";
import { type HoldReader, owedHolds } from "./owed-holds.ts";
import type { Hold } from "../retention/hold.ts";

/** A gateway's chain, and the contents of the archive that it expects. */
export interface GatewayView {
  chain: CheckedChain;
  events: CheckedEvents;
  expected: Map<string, ExpectedExport>;
}

export interface VerifiedGateway {
  findings: Finding[];
  notes: Note[];
  waiting: { exports: number; events: number };
  hashed: number;
  receipts: number;
  protections: number;
  timestamps: TimestampVerification;
  /** Exports without a legal hold that holds may cover and that were not read. */
  unsearched: number;
  /** Whether the store listed the versions of locked objects. */
  seesVersions: boolean;
  /** Keys of the exports that differ from the chain, explained or not. */
  doubted: string[];
}

export interface GatewayCheck {
  workspace: string;
  trusted: ReadonlySet<string>;
  /** Keys of the listed exports to check; undefined checks all. */
  only: ReadonlySet<string> | undefined;
  isHashed: (key: string) => boolean;
  keyOfHash: ReadonlyMap<string, string>;
  /** Whether the store can report the protection of objects. */
  locks: boolean;
  /** Undefined if none are given. */
  roots: TrustedRoots | undefined;
  /** The holds in force over any gateway. */
  holds: readonly Hold[];
  /** Undefined if no hold depends on records. */
  reader: HoldReader | undefined;
  now: Date;
  step: () => void;
}

/** Up to this many keys are named; the rest is counted. */
const MOST_NAMED = 20;

export function viewGateway(chain: CheckedChain, events: CheckedEvents): GatewayView {
  const digests = chain.digests.map(({ document }) => document);
  return { chain, events, expected: expectExports(digests, events.events.map(({ event }) => event)) };
}

/** Compares the archived objects of a gateway with its chain. */
export async function verifyGateway(archive: ObjectStore, view: GatewayView, check: GatewayCheck): Promise<VerifiedGateway> {
  const { instance, faults, digests } = view.chain;
  const listing = await listGateway(archive, instance);
  const { only } = check;
  const expected = only === undefined ? view.expected : new Map([...view.expected].filter(([key]) => only.has(key) || only.has(archiveLayout.receipt(key))));
  const exports = await checkExports(archive, check.workspace, { instance, listing, owed: owedOf(view, check), isChangeSealed: sealedChanges(view.events), ...check, expected }, check.step);
  const unlisted = await checkUnlistedExports(archive, listing, view, check);
  const scope = { instance, faults, sealedAt: digests.at(-1)?.document.header.sealed_at };
  const { findings: misstamped, notes: stampNotes, ...timestamps } = await checkTimestamps(archive, instance, { digests, listing, roots: check.roots });
  const lists = checkLists(instance, digests, view.events.events);
  const versions = check.locks ? await checkVersions(archive, instance, view.expected) : [];
  const byKind = { exports: explainUnlisted(unlisted.exports, scope), events: explainUnlisted(view.events.unlisted, scope) };
  const findings = [...faults.map((fault) => fault.finding), ...exports.findings, ...unlisted.findings, ...view.events.findings, ...byKind.exports.findings, ...byKind.events.findings];
  const found = new Set(findings.map(({ key }) => key));
  const events = explainByLost(view.events, exports);
  return {
    findings: [
      ...faults.map((fault) => leavingOpen(fault.finding, openOf(fault, byKind.exports, byKind.events))),
      ...events.findings,
      ...unlisted.findings,
      ...byKind.exports.findings,
      ...byKind.events.findings,
      ...lists.findings,
      ...misstamped,
      ...(versions ?? []).filter(({ key }) => !found.has(key)),
      ...listing.others.map(({ key }) => finding("added", { instance, key, what: "is not an object that the ledger writes into an archive" })),
    ],
    notes: [...exports.notes, ...lists.notes, ...stampNotes, ...noteOpenings(view.events.events), ...noteUnvouched(instance, exports.unvouched, view.expected, view.events.events.map(({ event }) => event))],
    waiting: { exports: byKind.exports.waiting + [...view.expected.values()].filter(({ digest, now }) => digest === null && now !== null).length, events: byKind.events.waiting },
    hashed: exports.hashed,
    receipts: exports.receipts,
    protections: exports.protections,
    timestamps,
    unsearched: exports.unsearched,
    seesVersions: versions !== undefined,
    doubted: exports.findings.map(({ key }) => key),
  };
}

function openOf(fault: ChainFault, ...accounted: readonly ExplainedObjects[]): { key: string; isSigned: boolean }[] {
  return accounted.flatMap(({ open }) => open.get(fault) ?? []);
}

/** If a tombstone is lost, it may have named the missing exports: they become one finding with their number. */
function explainByLost({ findings, lost }: CheckedEvents, exports: CheckedExports): { findings: Finding[] } {
  const [cause] = lost;
  if (cause === undefined) return { findings: [...findings, ...exports.findings] };
  const explained = leavingOpen(cause, exports.changed.map(({ key }) => ({ key, isSigned: true })));
  const changed = new Set(exports.changed);
  return { findings: [...findings.map((one) => (one === cause ? explained : one)), ...exports.findings.filter((one) => !changed.has(one))] };
}

function sealedChanges({ events }: CheckedEvents): (key: string) => boolean {
  const open = new Set(events.flatMap(({ event, sealed }) => (event.kind === "reduction" && !sealed ? event.objects.map(({ key }) => key) : [])));
  return (key) => !open.has(key);
}

/** Each sealing first sets holds on the copies that arrived before: those that the newest digest lists may not have theirs yet. */
function owedOf({ chain }: GatewayView, { locks, holds, now }: GatewayCheck): Parameters<typeof checkExports>[2]["owed"] {
  if (!locks) return undefined;
  const newest = chain.digests.at(-1)?.document.header.number;
  const { everything, parts } = owedHolds(holds, chain.instance);
  return (expected) => {
    const isMarked = expected.digest !== null && expected.digest.number !== newest;
    return { retention: owedRetention(expected, now), isHeld: everything && isMarked, parts: isMarked ? parts : [] };
  };
}

async function checkUnlistedExports(
  archive: ObjectStore,
  { exports, receipts }: GatewayArchive,
  { chain: { instance, digests }, events, expected }: GatewayView,
  { workspace, trusted }: GatewayCheck,
): Promise<{ exports: Unlisted[]; findings: Finding[] }> {
  const unlisted = [...exports.keys()].filter((key) => !expected.has(key));
  const reduced = new Map(events.events.flatMap(({ event }) => (event.kind === "reduction" ? event.objects.map(({ key, after }): [string, string] => [key, after.sha256]) : [])));
  const hasReceipts = digests.some(({ document }) => (document.header.vouched ?? 0) > 0);
  const looked = await pMap(
    unlisted,
    (key) => checkUnlisted(archive, workspace, { instance, key, receiptSize: receipts.get(archiveLayout.receipt(key))?.size, trusted, reducedTo: reduced.get(key), hasReceipts }),
    { concurrency: READS_AT_ONCE },
  );
  const purged = new Set(events.events.flatMap(({ event }) => (event.kind === "purge" ? event.objects.map(({ key }) => key) : [])));
  const unlistedReceipts = [...receipts.values()].flatMap(({ key, size }) => {
    const exportKey = exportOf(key);
    const known = expected.get(exportKey);
    if (known === undefined ? exports.has(exportKey) || purged.has(exportKey) : known.listed.receipt !== null) return [];
    return [{ instance, exportKey, size, trusted, gone: known === undefined }];
  });
  const findings = await pMap(unlistedReceipts, (receipt) => checkUnlistedReceipt(archive, receipt), { concurrency: READS_AT_ONCE });
  return {
    exports: looked.filter((one) => "signedAt" in one),
    findings: [...looked.filter((one) => "code" in one), ...findings.filter((one) => one !== undefined)],
  };
}

/** Key of the export that a receipt belongs to. */
function exportOf(receipt: string): string {
  return receipt.replace(/^(archive\/[^/]+\/)_receipts\/(.*)\.json$/s, "$1$2.cbor.zstd");
}

/**
 * Finds objects of a gateway whose locked first version is overwritten or hidden. Asks the store, since a forged receipt may deny the
 * lock. Ignores declared reductions and purges. Undefined if the store does not let the caller list versions.
 */
async function checkVersions({ locks }: ObjectStore, instance: string, expected: ReadonlyMap<string, ExpectedExport>): Promise<Finding[] | undefined> {
  if (locks === undefined) return [];
  try {
    return await findOverwritten(locks, instance, expected);
  } catch (error) {
    if (error instanceof LedgerError && error.code === "storage_denied") return undefined;
    throw error;
  }
}

async function findOverwritten(locks: ObjectLocks, instance: string, expected: ReadonlyMap<string, ExpectedExport>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { key, isHidden, locked } of locks.overwritten(archiveLayout.instance(instance))) {
    if ((expected.get(key)?.before.length ?? 0) > 0) continue;
    const until = locked.retention === undefined ? "legal hold" : `${locked.retention.mode} until ${locked.retention.until.toISOString()}`;
    const what = isHidden ? "is hidden by a delete marker, although its first version is locked" : "differs from its first version, which is locked";
    findings.push(finding("locked_overwritten", { instance, key, what, expected: `the locked version: ${until}` }));
  }
  return findings;
}

/** Notes for exports whose arrival no trusted key vouches for. Every verification reports them, even after somebody accepted them. */
function noteUnvouched(instance: string, unvouched: ReadonlyMap<string, UnvouchedReason>, expected: ReadonlyMap<string, ExpectedExport>, events: readonly ArchiveEvent[]): Note[] {
  const keys = [...unvouched.keys()].sort();
  const notes = keys.slice(0, MOST_NAMED).flatMap((key): Note[] => {
    const reason = unvouched.get(key);
    if (reason === undefined) return [];
    const sha256 = expected.get(key)?.listed.sha256 ?? null;
    const acceptance = acceptanceOf(events, { key, sha256 });
    const word = acceptance === undefined ? "" : `; ${acceptance.by} accepted it at ${acceptance.at}: ${acceptance.reason}`;
    return [{ key, text: `no trusted key vouches for what arrived: ${UNVOUCHED[reason]}${word}` }];
  });
  const rest = keys.length - notes.length;
  if (rest <= 0) return notes;
  return [...notes, { key: archiveLayout.instance(instance), text: `no trusted key vouches for ${String(rest)} more exports, from ${keys[notes.length] ?? ""} on; the digests mark them` }];
}
