import { DAY_MS } from "../ledger/durations.ts";
import { annulledBy, withoutAnnulled } from "./chain/annulled.ts";
import { isVerifiedBy } from "./chain/verified-events.ts";
import type { Digest } from "./chain/digest.ts";
import { readDigests, splitEvents, type StoredDocument } from "./chain/read-document.ts";
import { recordEvent } from "./chain/record-event.ts";
import { isSignedByAny } from "./chain/signed.ts";
import { trustedKeys } from "./chain/trusted-keys.ts";
import { listInstances } from "./copies/list-archive.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Ledger } from "../open/ledger.ts";
import { acceptObjects } from "./accept-objects.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";

export interface Annulling {
  /** `YYYY-MM-DD`, UTC: the last day whose digest stays valid, unless it was made after that day. */
  after: string;
  reason: string;
  by: string;
  now: Date;
  newId: () => string;
}

export interface AnnulledDigests {
  instance: string;
  /** Days of the first and last annulled digest. */
  from: string;
  to: string;
  digests: number;
  /** Key of the event. */
  event: string;
}

/**
 * Annuls, for every gateway, the digests that were made while the clock was ahead: those of days after the given one, and those whose
 * `sealed_at` is later. The digests themselves stay unchanged, and what they list is listed again. Events dated in the future are
 * accepted at the same time, since they could not be listed otherwise.
 * Throws `usage` if there is nothing to annul, or if the first of them is not ahead of the clock: a digest made in time is never annulled.
 */
export async function annulDigests(ledger: Ledger, { after, reason, by, now, newId }: Annulling): Promise<AnnulledDigests[]> {
  const signingKey = await requireKeyOfChain(ledger);
  const { stores: { archive }, work: { archiving } } = ledger;
  const all = await Promise.all((await listInstances(archive)).map(async (instance) => ({ instance, ...(await splitEvents(archive, instance)) })));
  const trusted = trustedKeys(signingKey.publicKey, all.flatMap(({ events }) => events.map(({ document }) => document)));
  const verified = all.flatMap(({ instance, events }) => events.filter((event) => isVerifiedBy(instance, event, trusted)));
  const annulled = annulledBy(verified.map(({ document }) => document.header));
  const meant = (await Promise.all(all.map(async ({ instance }) => ({ instance, digests: lateOf(withoutAnnulled(await readTrue(archive, instance, trusted), annulled), after) })))).filter(({ digests }) => digests.length > 0);
  if (meant.length === 0) throw new LedgerError("usage", `${archive.url} has no digest of a day after ${after}, and none that was made after it`, { remedy: "aperture-ledger archive verify lists the digests that are ahead of the clock" });
  for (const { digests } of meant) refuseTrue(digests, now);
  const recorded: AnnulledDigests[] = [];
  for (const { instance, digests } of meant) {
    const named = digests.map(({ key, sha256 }) => ({ key, sha256 }));
    const event = await recordEvent(archive, { format: 1, kind: "annulment", id: newId(), instance, at: now.toISOString(), by, after, reason, digests: named }, signingKey, archiving.lock);
    const days = digests.map(({ document }) => document.header.date);
    recorded.push({ instance, from: days[0] ?? after, to: days.at(-1) ?? after, digests: digests.length, event });
  }
  const early = verified.filter(({ document: { header } }) => Date.parse(header.at) > now.getTime() + DAY_MS).map(({ key }) => key);
  if (early.length > 0) await acceptObjects(ledger, early, { reason, by, now, id: newId() });
  ledger.telling.log.warn({ by, after, annulled: recorded }, "digests annulled");
  return recorded;
}

/** Digests that a trusted key signed. Anything else among them is ignored and cannot be annulled; sealing and verification report it. */
async function readTrue(archive: ObjectStore, instance: string, trusted: ReadonlySet<string>): Promise<StoredDocument<Digest>[]> {
  const read = await readDigests(archive, instance);
  return read.flatMap((one) => ("problem" in one || one.document.header.instance !== instance || !isSignedByAny(one.document, trusted) ? [] : [one]));
}

/** The first late digest and all that follow: each was built on the one before. */
function lateOf(digests: readonly StoredDocument<Digest>[], after: string): StoredDocument<Digest>[] {
  const first = digests.findIndex(({ document: { header } }) => header.date > after || header.sealed_at.slice(0, "YYYY-MM-DD".length) > after);
  return first === -1 ? [] : digests.slice(first);
}

function refuseTrue([first]: readonly StoredDocument<Digest>[], now: Date): void {
  if (first === undefined || Date.parse(first.document.header.sealed_at) > now.getTime() + DAY_MS) return;
  throw new LedgerError("usage", `${first.key} was made at ${first.document.header.sealed_at}, and that is not ahead of this machine's clock`, {
    remedy: "only digests made while the clock was ahead can be annulled: give a later day",
  });
}
