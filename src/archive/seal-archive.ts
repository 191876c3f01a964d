import pMap from "p-map";
import { sha256Hex } from "./chain/canonical.ts";
import { type DigestHeader, type DigestLink, type ListedEvent, type ListedExport, makeDigest } from "./chain/digest.ts";
import { annulledBy } from "./chain/annulled.ts";
import { isVerifiedBy } from "./chain/verified-events.ts";
import { createDigest } from "./chain/create-digest.ts";
import type { NotedRecord } from "./chain/noted-records.ts";
import type { SigningKey } from "./chain/signing-key.ts";
import { type BrokenDocument, splitEvents } from "./chain/read-document.ts";
import { trustedKeys } from "./chain/trusted-keys.ts";
import { MOST_EXPORTS_LISTED } from "./chain/document-bounds.ts";
import { listArchive } from "./copies/list-archive.ts";
import { addDays, dayOf, daysBetween } from "../ledger/days.ts";
import { LedgerError } from "../ledger/errors.ts";
import { LARGEST_JSON } from "../lake/json-object.ts";
import { CLOSES, placeOfDigest } from "../lake/layout.ts";
import { type LedgerState, listEtags } from "../lake/ledger-state.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { requireBounded } from "../storage/read-bounded.ts";
import type { Ledger } from "../open/ledger.ts";
import { type Failure, partlyFailed } from "../ledger/partly-failed.ts";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import { checkChain, findChain, type SoundChain } from "./sealing/find-chain.ts";
import { chainedGateways } from "./sealing/gateways.ts";
import { writeCheckpoints } from "./sealing/write-checkpoints.ts";
import { listExports } from "./sealing/list-export.ts";
import { noteRecords } from "./sealing/note-records.ts";
import { requireSigningKey } from "./require-signing-key.ts";

export interface SealedDigest extends Omit<DigestLink, "instance"> {
  /** Number of exports and events that it lists. */
  exports: number;
  events: number;
}

export interface SealedGateway {
  instance: string;
  /** Digests made by this call, oldest first; those of earlier days list nothing. */
  digests: SealedDigest[];
  /** Last day with a digest, UTC. */
  sealed_up_to: string;
  /** Keys of the checkpoints written by this call, which list what arrived after today's digest. */
  checkpoints: string[];
  /** What no digest lists yet: the next one does. */
  waiting: { exports: number; events: number };
  /** Objects among the events that no trusted key signed, and that are therefore not listed. */
  left_aside: BrokenDocument[];
  /** Whether another sealing made the next digest at the same time; that one continues. */
  overtaken: boolean;
}

export interface SealedArchive {
  gateways: SealedGateway[];
}

/** What the digests of all gateways have in common. */
interface Sealing {
  signingKey: SigningKey;
  state: LedgerState;
  now: Date;
  heads: readonly DigestLink[];
  closes: DigestHeader["closes"];
}

interface Listed {
  exports: ListedExport[];
  events: ListedEvent[];
  records: NotedRecord[];
}

/**
 * Makes today's digest for each gateway, and before it empty ones for the days since the last digest. If today's digest exists,
 * writes only checkpoints. A crash leaves a shorter chain, which the next sealing continues.
 * Throws `key_missing`, and `archive_broken` if something sealed, or about to be listed, was altered: that gateway stays unchanged, and
 * the others are sealed before it throws.
 */
export async function sealArchive(ledger: Ledger, state: LedgerState, now: Date): Promise<SealedArchive> {
  const signingKey = requireSigningKey(ledger);
  const { sound, failures, instances, closes } = await findSoundChains(ledger, signingKey, now);
  const heads = sound.flatMap(({ chain }) => chain.links.at(-1) ?? []);
  const sealing: Sealing = { signingKey, state, now, heads, closes };
  const gateways: SealedGateway[] = [];
  for (const one of sound) gateways.push(...((await collectBroken(one.chain.instance, failures, async () => [await sealGateway(ledger, one, sealing)])) ?? []));
  throwFailures(failures, instances.length);
  return { gateways };
}

/**
 * Writes checkpoints of what arrived after the newest digests, and no digest. Returns their keys.
 * Throws like `sealArchive`.
 */
export async function checkpointArchive(ledger: Ledger, state: LedgerState, now: Date): Promise<string[]> {
  const signingKey = requireSigningKey(ledger);
  const { sound, failures, instances } = await findSoundChains(ledger, signingKey, now);
  const written: string[] = [];
  for (const one of sound) written.push(...((await collectBroken(one.chain.instance, failures, () => writeCheckpoints(ledger, one, { signingKey, state, now }))) ?? []));
  throwFailures(failures, instances.length);
  return written;
}

interface SoundChains {
  sound: SoundChain[];
  failures: Failure[];
  instances: string[];
  closes: DigestHeader["closes"];
}

async function findSoundChains(ledger: Ledger, signingKey: SigningKey, now: Date): Promise<SoundChains> {
  const listing = await listArchive(ledger.stores.archive);
  const instances = chainedGateways(ledger.stores, listing.keys());
  const failures: Failure[] = [];
  const events = await Promise.all(instances.map(async (instance) => ({ instance, ...(await splitEvents(ledger.stores.archive, instance)) })));
  const trusted = trustedKeys(signingKey.publicKey, events.flatMap((one) => one.events.map(({ document }) => document)));
  const verified = events.flatMap((one) => one.events.flatMap((event) => (isVerifiedBy(one.instance, event, trusted) ? [event.document.header] : [])));
  const annulled = annulledBy(verified);
  const found = await Promise.all(events.map((one) => collectBroken(one.instance, failures, () => findChain(ledger.stores.archive, one, listing.get(one.instance), annulled))));
  const all = found.flatMap((one) => one ?? []);
  const closes = await listCloses(ledger.stores.lake);
  const checks = all.map((one) => collectBroken(one.chain.instance, failures, () => checkChain(ledger.stores.archive, one, { all, trusted, closes, now })));
  return { sound: (await Promise.all(checks)).flatMap((one) => one ?? []), failures, instances, closes };
}

/** The queue retries if all failures may pass by themselves. */
function throwFailures(failures: readonly Failure[], tried: number): void {
  const failed = partlyFailed("archive_broken", { what: "gateways were not sealed", tried, others: "The other gateways were sealed" }, failures);
  if (failed === undefined) return;
  const retryable = failures.every(({ cause }) => cause instanceof LedgerError && cause.retryable);
  throw new LedgerError(failed.code, failed.message, { remedy: failed.remedy, retryable, cause: failed.cause });
}

/** Undefined if something was altered, which is added to the failures; any other error stops everything. */
async function collectBroken<Result>(instance: string, failures: Failure[], work: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof LedgerError) || cause.code !== "archive_broken") throw cause;
    failures.push({ name: instance, cause });
    return undefined;
  }
}

async function sealGateway(ledger: Ledger, found: SoundChain, sealing: Sealing): Promise<SealedGateway> {
  const { instance, links } = found.chain;
  const today = dayOf(sealing.now, "UTC");
  let previous = links.at(-1) ?? null;
  const due = previous === null ? [today] : daysBetween(addDays(previous.date, 1), addDays(today, 1));
  const waiting = { exports: found.fresh.exports.length, events: found.fresh.events.length };
  const digests: SealedDigest[] = [];
  if (due.length === 0) {
    const checkpoints = await writeCheckpoints(ledger, found, sealing);
    return { instance, digests, sealed_up_to: previous?.date ?? today, checkpoints, waiting, left_aside: found.ignored, overtaken: false };
  }
  // Before anything is written, so that a refusal leaves the chain unchanged.
  const fresh = await listFresh(ledger, found, sealing);
  for (const date of due) {
    const listed = date === today ? fresh : { exports: [], events: [], records: [] };
    const link = await addLink(ledger, { instance, date, previous }, { listed, key: placeOfDigest(instance, date, found.annulled) }, sealing);
    if (link === undefined) return { instance, digests, sealed_up_to: date, checkpoints: [], waiting, left_aside: found.ignored, overtaken: true };
    digests.push({ date, number: link.number, sha256: link.sha256, exports: listed.exports.length, events: listed.events.length });
    previous = link;
  }
  const rest = found.fresh.exports.slice(MOST_EXPORTS_LISTED);
  const checkpoints = rest.length === 0 ? [] : await writeCheckpoints(ledger, { ...found, fresh: { exports: rest, events: [] } }, sealing);
  return { instance, digests, sealed_up_to: today, checkpoints, waiting: { exports: rest.length, events: 0 }, left_aside: found.ignored, overtaken: false };
}

/** Undefined if that day already has a digest. */
async function addLink(
  { stores: { archive }, work: { archiving }, money: { pricingOf } }: Ledger,
  link: Pick<DigestHeader, "instance" | "date" | "previous">,
  { listed, key }: { listed: Listed; key: string },
  sealing: Sealing,
): Promise<DigestLink | undefined> {
  const { now, heads, closes, signingKey } = sealing;
  const others = heads.filter(({ instance }) => instance !== link.instance);
  const made = { ...link, number: (link.previous?.number ?? 0) + 1, sealed_at: now.toISOString(), others, closes, pricing: pricingOf(link.date, link.instance).digest, records: listed.records };
  return await createDigest(archive, key, await makeDigest(made, listed, signingKey), archiving.lock);
}

async function listFresh(ledger: Ledger, found: SoundChain, { state, now }: Sealing): Promise<Listed> {
  const { exports: entries, events } = found.fresh;
  return {
    exports: await listExports(ledger, entries.slice(0, MOST_EXPORTS_LISTED), state, found),
    events: events.map(({ key, size, sha256 }) => ({ key, size, sha256 })),
    records: await noteRecords(ledger, found, dayOf(now, "UTC")),
  };
}

async function listCloses(lake: ObjectStore): Promise<DigestHeader["closes"]> {
  const keys = [...(await listEtags(lake, CLOSES)).keys()].sort();
  const readClose = async (key: string) => ({ month: key.slice(CLOSES.length, -".json".length), sha256: sha256Hex(await requireBounded(lake, key, LARGEST_JSON)) });
  return await pMap(keys, readClose, { concurrency: READS_AT_ONCE });
}
