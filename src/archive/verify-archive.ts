import pMap from "p-map";
import { kindOfArchived } from "../lake/layout.ts";
import { type Annulled, annulledKeys } from "./chain/annulled.ts";
import type { Digest } from "./chain/digest.ts";
import type { SignedEvent } from "./chain/event.ts";
import { type BrokenDocument, readDigests, readEvents, type StoredDocument } from "./chain/read-document.ts";
import { listInstances } from "./copies/list-archive.ts";
import { trustedKeys } from "./chain/trusted-keys.ts";
import { canLock } from "./copies/protection.ts";
import { type CheckedChain, checkChains } from "./verifier/check-chain.ts";
import { checkAnnulled, findAhead, findAnnulled } from "./verifier/check-annulled.ts";
import { checkEvents } from "./verifier/check-events.ts";
import { type Finding, finding, inOrder, type Note } from "./verifier/finding.ts";
import { checkDigest } from "./verifier/check-digest.ts";
import { holdsInForce, mayMeanErased, owedHolds } from "./verifier/owed-holds.ts";
import type { Hold } from "./retention/hold.ts";
import { coversWholeGateway } from "./retention/selection-covers.ts";
import { drawSample } from "./verifier/draw-sample.ts";
import type { GatewayVerification, Verification } from "./verifier/verification.ts";
import { type GatewayCheck, type GatewayView, type VerifiedGateway, verifyGateway, viewGateway } from "./verifier/verify-gateway.ts";
import type { TrustedRoots } from "./timestamps/token.ts";
import { vouch } from "./verifier/vouched.ts";
import { addDays, dayOf } from "../ledger/days.ts";
import { ascending } from "../ledger/orders.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Unlistable } from "../storage/object-store.ts";
import { tellingStore } from "../storage/telling-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import type { Progress } from "../open/ledger.ts";

export interface VerifyTask {
  archive: ObjectStore;
  /** The lake with the derived tables; undefined if they are not checked. */
  lake: ObjectStore | undefined;
  /** Format: see `SigningKey.publicKey`. */
  publicKey: string;
  /** Root certificates of the time-stamping authority; undefined if none are given. */
  roots?: TrustedRoots | undefined;
  /** Number of exports to read, chosen by the seed; undefined reads all. The default seed is the hash of the newest digest. */
  sample: { exports: number; seed: string | undefined } | undefined;
  /** SHA-256 of a digest that the chain must contain. */
  head: string | undefined;
  /** Restricts the verification to this gateway. */
  instance: string | undefined;
  now: Date;
  progress: Progress;
  /** Awaited before anything that looks wrong is checked again, so that writes in progress can finish. */
  pause?: () => Promise<void>;
}

const GATEWAYS_AT_ONCE = 4;

/**
 * Verifies an archive from its bytes and a public key alone. Writes nothing. The ledger may write at the same time: anything that
 * looks wrong is checked again and reported only if it is still wrong.
 */
export async function verifyArchive(task: VerifyTask): Promise<Verification> {
  const { doubted, ...verification } = await verifyOnce(task);
  if (doubted.size === 0) return verification;
  await task.pause?.();
  const { findings } = await verifyOnce(task, doubted);
  return { ...verification, findings: findings.filter(({ key }) => doubted.has(key)) };
}

/** `doubted`: keys of everything that looks wrong, even if another finding explains it. */
interface Pass extends Verification {
  doubted: ReadonlySet<string>;
}

/** @param only keys of the exports and tables to read; undefined reads all, or the sample. */
async function verifyOnce(asked: VerifyTask, only?: ReadonlySet<string>): Promise<Pass> {
  const unlistable = new Map<string, string>();
  const tell = ({ key, problem }: Unlistable): void => void unlistable.set(key, problem);
  const task = { ...asked, archive: tellingStore(asked.archive, tell), lake: asked.lake && tellingStore(asked.lake, tell) };
  const { archive, lake, publicKey, now } = task;
  const { read, outsideGateways } = await readChains(archive, task.instance);
  const trusted = trustedKeys(publicKey, read.flatMap(({ events }) => events.flatMap((event) => ("problem" in event ? [] : [event.document]))));
  const annulled = findAnnulled(read, trusted);
  const isMeant = ({ instance }: { instance: string }): boolean => task.instance === undefined || instance === task.instance;
  const all = viewGateways(read, { trusted, annulled, now });
  const holds = holdsInForce(all.map(({ chain: { instance }, events }) => ({ instance, events })));
  const views = all.filter(({ chain }) => isMeant(chain));
  const annulments = checkAnnulled(read.filter(isMeant), new Map([...annulled].filter(([, { event }]) => isMeant(event))));
  const sample = chooseSample(views, task.sample);
  const locks = await canLock(archive);
  const verified = await verifyGateways(views, task, { trusted, locks, holds, only, roots: task.roots, isHashed: only === undefined && sample !== null ? sample.isHashed : () => true });
  // Without a lake, nothing of what reads its tables is loaded.
  const derived = lake && (await (await import("./comparing/check-derived.ts")).checkDerived(lake, views, { ...task, only }));
  const unlistableFindings = [...unlistable].map(([key, problem]) => finding("unlistable", { instance: null, key, what: `cannot be listed: ${problem}` }));
  const found = [...outsideGateways, ...unlistableFindings, ...findWholeArchive(views, annulled, task), ...annulments.findings, ...findAhead(views.map(({ chain }) => chain), now), ...findLostLocks(archive, views, locks, now), ...verified.flatMap(({ findings }) => findings), ...(derived?.findings ?? [])];
  return {
    archive: archive.url,
    checkedAt: now.toISOString(),
    publicKey,
    trustedKeys: [...trusted].sort(),
    objectLock: archive.locks === undefined ? "none" : locks ? "on" : "off",
    sample: sample && { exports: sample.exports, seed: sample.seed },
    gateways: views.map((view, index) => summariseGateway(view, verified[index])),
    derived: derived?.checked ?? null,
    replica: null,
    findings: inOrder(found),
    notes: [...annulments.notes, ...verified.flatMap(({ notes }) => notes), ...(derived?.notes ?? [])].toSorted(byKey),
    notChecked: [...notChecked(task, views, sample), ...(locks ? unsearchedHolds(views, verified, holds) : []), ...unseenVersions(verified), ...unjudgedTokens(verified), ...(derived?.notChecked ?? [])],
    doubted: new Set([...found.map(({ key }) => key), ...verified.flatMap(({ doubted }) => doubted)]),
  };
}

interface ReadChain {
  instance: string;
  digests: (StoredDocument<Digest> | BrokenDocument)[];
  events: (StoredDocument<SignedEvent> | BrokenDocument)[];
}

/** Reads all gateways, requested or not: each names the heads of the others. `outsideGateways`: objects outside the gateways' folders. */
async function readChains(archive: ObjectStore, wanted: string | undefined): Promise<{ read: ReadChain[]; outsideGateways: Finding[] }> {
  const names = new Set([...(await listInstances(archive)), ...(wanted === undefined ? [] : [wanted])]);
  const outsideGateways: Finding[] = [];
  const readChain = async (instance: string): Promise<ReadChain[]> => {
    const [digests, events] = [await readDigests(archive, instance), await readEvents(archive, instance)];
    const beside = `archive/${instance}`;
    if (digests.length === 0 && (await archive.head(beside)) !== undefined) {
      outsideGateways.push(finding("added", { instance: null, key: beside, what: "is not an object that the ledger writes into an archive" }));
      return [];
    }
    return [{ instance, digests: digests.filter(({ key }) => kindOfArchived(key).kind === "digest"), events: events.filter(({ key }) => kindOfArchived(key).kind === "event") }];
  };
  const read = await pMap([...names].filter((name) => name !== "").sort(), readChain, { concurrency: GATEWAYS_AT_ONCE });
  return { read: read.flat(), outsideGateways };
}

function viewGateways(read: readonly ReadChain[], { trusted, annulled, now }: { trusted: ReadonlySet<string>; annulled: Annulled; now: Date }): GatewayView[] {
  const counts = (one: ReadChain["digests"][number]): boolean => "problem" in one || !annulled.has(one.sha256);
  const placed = new Map(read.map(({ instance, digests }) => [instance, digests.filter(counts).map((one) => checkDigest(instance, one, trusted))]));
  const vouching = vouch([...placed.values()].flat().flatMap(({ stored, fault }) => (stored === undefined || fault !== undefined ? [] : [stored])), annulled);
  for (const { instance } of [...vouching.vouched.values()].flat()) if (!placed.has(instance)) placed.set(instance, []);
  const events = new Map(read.map((one) => [one.instance, one.events]));
  const chains: CheckedChain[] = checkChains(placed, vouching, addDays(dayOf(now, "UTC"), -1), annulledKeys(annulled));
  return chains
    .map((chain) => viewGateway(chain, checkEvents(chain.instance, events.get(chain.instance) ?? [], chain.digests, trusted)))
    .sort((a, b) => (a.chain.instance < b.chain.instance ? -1 : 1));
}

async function verifyGateways(
  views: readonly GatewayView[],
  { archive, now, progress }: VerifyTask,
  check: Pick<GatewayCheck, "trusted" | "locks" | "holds" | "roots" | "isHashed"> & { only: ReadonlySet<string> | undefined },
): Promise<VerifiedGateway[]> {
  const keyOfHash = new Map<string, string>();
  for (const { expected } of views) {
    for (const { listed, before, now: content } of expected.values()) {
      for (const one of [listed.arrived, ...before, content]) if (one !== null) keyOfHash.set(one.sha256, listed.key);
    }
  }
  const exports = views.reduce((sum, { expected }) => sum + expected.size, 0);
  progress.begin(check.only === undefined ? "archive" : "archive, second check", check.only === undefined ? exports : Math.min(exports, check.only.size));
  // Without such holds, the reader of exports is not loaded.
  const reader = check.holds.every(({ selection }) => coversWholeGateway(selection)) ? undefined : (await import("./comparing/read-held.ts")).holdReader;
  const verified: VerifiedGateway[] = [];
  await withWorkspace(async (workspace) => {
    for (const view of views) verified.push(await verifyGateway(archive, view, { ...check, reader, workspace, keyOfHash, now, step: () => progress.step() }));
  });
  return verified;
}

/** Chooses the same exports for the same seed. */
function chooseSample(views: readonly GatewayView[], sample: VerifyTask["sample"]): { exports: number; seed: string; isHashed: (key: string) => boolean } | null {
  if (sample === undefined) return null;
  const newest = views.flatMap(({ chain }) => chain.digests.slice(-1)).toSorted((a, b) => (a.document.header.sealed_at < b.document.header.sealed_at ? 1 : -1))[0];
  const seed = sample.seed ?? newest?.sha256 ?? "";
  const chosen = drawSample(views.flatMap(({ expected }) => [...expected.keys()]), sample.exports, seed);
  return { exports: chosen.size, seed, isHashed: (key) => chosen.has(key) };
}

function findWholeArchive(views: readonly GatewayView[], annulled: Annulled, { archive, head }: VerifyTask): Finding[] {
  const findings: Finding[] = [];
  if (views.length === 0) findings.push(finding("chain_missing", { instance: null, key: "archive/", what: `is empty at ${archive.url}` }));
  if (head !== undefined && !annulled.has(head) && !views.some(({ chain }) => chain.digests.some(({ sha256 }) => sha256 === head))) {
    findings.push(finding("head_missing", { instance: null, key: "archive/", what: "has no digest with that hash", expected: head }));
  }
  return findings;
}

function countPromisedLocks(views: readonly GatewayView[], now: Date): number {
  return views.flatMap(({ expected }) => [...expected.values()]).filter(({ listed: { retention }, now: content }) => content !== null && retention !== null && Date.parse(retention.until) > now.getTime()).length;
}

/** A bucket created without Object Lock cannot keep any promised lock: one finding. */
function findLostLocks({ locks, url }: ObjectStore, views: readonly GatewayView[], enabled: boolean, now: Date): Finding[] {
  const promised = countPromisedLocks(views, now);
  if (locks === undefined || enabled || promised === 0) return [];
  return [finding("retention_shortened", { instance: null, key: "archive/", what: `is at ${url}, a bucket without Object Lock, although locks were promised for ${String(promised)} exports` })];
}

function notChecked({ archive, lake, now }: VerifyTask, views: readonly GatewayView[], sample: { exports: number } | null): string[] {
  const promised = countPromisedLocks(views, now);
  const total = views.reduce((sum, { expected }) => sum + expected.size, 0);
  return [
    ...(sample === null ? [] : [`the bytes of ${String(total - sample.exports)} of ${String(total)} exports: only a sample was read; sizes, receipts and locks were compared for all`]),
    ...(archive.locks === undefined && promised > 0 ? [`the locks promised for ${String(promised)} exports: this store has no locks; verify the original archive`] : []),
    ...(lake === undefined ? ["derived tables, closed months, and the snapshots and true-ups that decide who owes what: no lake was given"] : []),
  ];
}

/** What holds on callers, sessions and times may cover and was not found. */
function unsearchedHolds(views: readonly GatewayView[], verified: readonly VerifiedGateway[], holds: readonly Hold[]): string[] {
  const unsearched = verified.reduce((sum, one) => sum + one.unsearched, 0);
  const erased = views.filter(({ chain: { instance }, events }) => mayMeanErased(owedHolds(holds, instance).parts, events.events.map(({ event }) => event)));
  return [
    ...(unsearched === 0 ? [] : [`holds on callers, sessions and times: ${String(unsearched)} exports without a legal hold may have such records and were not read, since only a sample was`]),
    ...erased.map(({ chain: { instance } }) => `holds on callers whom ${instance} had erased before: only the erasure key shows which records are theirs`),
  ];
}

function unseenVersions(verified: readonly VerifiedGateway[]): string[] {
  return verified.every(({ seesVersions }) => seesVersions) ? [] : ["whether locked versions are overwritten: the store refuses to list versions (s3:ListBucketVersions)"];
}

function unjudgedTokens(verified: readonly VerifiedGateway[]): string[] {
  const unjudged = verified.reduce((sum, { timestamps }) => sum + timestamps.unjudged, 0);
  return unjudged === 0 ? [] : [`who signed the tokens of ${String(unjudged)} digests: no root certificates of a time-stamping authority were given (--timestamp-roots FILE)`];
}

function summariseGateway({ chain, events, expected }: GatewayView, verified: VerifiedGateway | undefined): GatewayVerification {
  const [first, last] = [chain.digests.at(0), chain.digests.at(-1)];
  const { receipts = 0, protections = 0, hashed = 0, waiting = { exports: 0, events: 0 }, timestamps = { vouched: 0, unjudged: 0, without: [] } } = verified ?? {};
  return {
    instance: chain.instance,
    digests: chain.digests.length,
    first: first?.document.header.date ?? null,
    last: last?.document.header.date ?? null,
    head: last?.sha256 ?? null,
    events: events.events.length,
    exports: { listed: [...expected.values()].filter(({ digest }) => digest !== null).length, purged: [...expected.values()].filter(({ now }) => now === null).length, hashed },
    receipts,
    protections,
    waiting,
    timestamps,
    last_verified: lastVerified(events),
  };
}

function lastVerified({ events }: GatewayView["events"]): GatewayVerification["last_verified"] {
  const verified = events.flatMap(({ event }) => (event.kind === "verified" ? [event] : [])).toSorted((a, b) => ascending(a.at, b.at)).at(-1);
  return verified === undefined ? null : { at: verified.at, by: verified.by, whole: verified.whole, findings: verified.findings };
}

function byKey(a: Note, b: Note): number {
  return a.key < b.key ? -1 : 1;
}
