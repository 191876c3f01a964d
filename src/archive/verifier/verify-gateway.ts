import pMap from "p-map";
import { archiveLayout } from "../../lake/layout.ts";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type ExpectedExport, expectExports } from "../chain/expected-exports.ts";
import { type GatewayArchive, listGateway } from "../copies/list-archive.ts";
import { accountFor, type Accounted, lookAtReceipt, lookAtUnlisted, type Unlisted } from "./account-unlisted.ts";
import type { ChainFault, CheckedChain } from "./check-chain.ts";
import type { CheckedEvents } from "./check-events.ts";
import { checkLists } from "./check-lists.ts";
import { checkVersions } from "./check-versions.ts";
import { noteUnvouched } from "./note-unvouched.ts";
import { type CheckedExports, checkExports } from "./check-exports.ts";
import { holdsOnEverything, owedRetention } from "./check-protection.ts";
import { type Finding, finding, leavingOpen, type Note } from "./finding.ts";

/** A gateway's chain, and what ought to lie in the archive by it. */
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
  /** Whether the store let one see the versions of locked objects. */
  seesVersions: boolean;
  /** Keys of the exports that are not as the chain says, whatever explains it. */
  doubted: string[];
}

export interface GatewayCheck {
  workspace: string;
  trusted: ReadonlySet<string>;
  /** Keys of the listed exports that are looked at; undefined: all of them. */
  only: ReadonlySet<string> | undefined;
  isHashed: (key: string) => boolean;
  keyOfHash: ReadonlyMap<string, string>;
  /** Whether the store can say what protects an object. */
  locks: boolean;
  now: Date;
  step: () => void;
}

export function viewGateway(chain: CheckedChain, events: CheckedEvents): GatewayView {
  const digests = chain.digests.map(({ document }) => document);
  return { chain, events, expected: expectExports(digests, events.events.map(({ event }) => event)) };
}

/** Compares what lies in the archive of a gateway with what its chain says. */
export async function verifyGateway(archive: ObjectStore, view: GatewayView, check: GatewayCheck): Promise<VerifiedGateway> {
  const { instance, faults, digests } = view.chain;
  const listing = await listGateway(archive, instance);
  const { only } = check;
  const expected = only === undefined ? view.expected : new Map([...view.expected].filter(([key]) => only.has(key) || only.has(archiveLayout.receipt(key))));
  const exports = await checkExports(archive, check.workspace, { instance, listing, owed: owedOf(view, check), isChangeSealed: sealedChanges(view.events), ...check, expected }, check.step);
  const unlisted = await lookAtUnlistedExports(archive, listing, view, check);
  const scope = { instance, faults, sealedAt: digests.at(-1)?.document.header.sealed_at };
  const lists = checkLists(instance, digests, view.events.events);
  const versions = check.locks ? await checkVersions(archive, instance, view.expected) : [];
  const byKind = { exports: accountFor(unlisted.exports, scope), events: accountFor(view.events.unlisted, scope) };
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
      ...(versions ?? []).filter(({ key }) => !found.has(key)),
      ...listing.others.map(({ key }) => finding("added", { instance, key, what: "is nothing that the ledger puts into an archive" })),
    ],
    notes: [...exports.notes, ...lists.notes, ...noteUnvouched(instance, exports.unvouched, view.expected, view.events.events.map(({ event }) => event))],
    waiting: { exports: byKind.exports.waiting + [...view.expected.values()].filter(({ digest, now }) => digest === null && now !== null).length, events: byKind.events.waiting },
    hashed: exports.hashed,
    receipts: exports.receipts,
    protections: exports.protections,
    seesVersions: versions !== undefined,
    doubted: exports.findings.map(({ key }) => key),
  };
}

function openOf(fault: ChainFault, ...accounted: readonly Accounted[]): { key: string; isSigned: boolean }[] {
  return accounted.flatMap(({ open }) => open.get(fault) ?? []);
}

/** Where a tombstone is lost, what is gone may be what it was about: one finding, which says how many that are. */
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

/** A hold is set by the daily job on what came after it: the newest digest's objects may lack it yet. */
function owedOf({ chain, events }: GatewayView, { locks, now }: GatewayCheck): Parameters<typeof checkExports>[2]["owed"] {
  if (!locks) return undefined;
  const newest = chain.digests.at(-1)?.document.header.number;
  const held = holdsOnEverything(events.events.flatMap(({ event, sealed }) => (sealed || event.kind === "release" ? [event] : []))) > 0;
  return (expected) => ({ retention: owedRetention(expected, now), isHeld: held && expected.digest !== null && expected.digest.number !== newest });
}

async function lookAtUnlistedExports(
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
    (key) => lookAtUnlisted(archive, workspace, { instance, key, receiptSize: receipts.get(archiveLayout.receipt(key))?.size, trusted, reducedTo: reduced.get(key), hasReceipts }),
    { concurrency: READS_AT_ONCE },
  );
  const purged = new Set(events.events.flatMap(({ event }) => (event.kind === "purge" ? event.objects.map(({ key }) => key) : [])));
  const strays = [...receipts.values()].flatMap(({ key, size }) => {
    const exportKey = exportOf(key);
    const known = expected.get(exportKey);
    if (known === undefined ? exports.has(exportKey) || purged.has(exportKey) : known.listed.receipt !== null) return [];
    return [{ instance, exportKey, size, trusted, gone: known === undefined }];
  });
  const findings = await pMap(strays, (stray) => lookAtReceipt(archive, stray), { concurrency: READS_AT_ONCE });
  return {
    exports: looked.filter((one) => "signedAt" in one),
    findings: [...looked.filter((one) => "code" in one), ...findings.filter((one) => one !== undefined)],
  };
}

/** Key of the export that a receipt is of. */
function exportOf(receipt: string): string {
  return receipt.replace(/^(archive\/[^/]+\/)_receipts\/(.*)\.json$/s, "$1$2.cbor.zstd");
}
