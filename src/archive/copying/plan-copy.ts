import { archiveLayout } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../../storage/object-store.ts";
import type { GatewayArchive } from "../copies/list-archive.ts";
import type { Content, RetentionPromise } from "../copies/receipt.ts";
import type { Vouched, VouchedObjects } from "../replica/vouched-objects.ts";
import { readSignedReceipt } from "../verifier/check-receipt.ts";

/** An object to copy. */
export interface PlannedObject {
  entry: ObjectEntry;
  /** What it must be; undefined for a time-stamping authority's token and for a receipt that vouches for itself. */
  content: { sha256: string; size: number | undefined } | undefined;
  /** Contents that it had before declared reductions. */
  before: readonly Content[];
  retention: RetentionPromise | null;
  /** Whether a legal hold on the whole gateway covers it. */
  isHeld: boolean;
}

/** The objects of a gateway to copy. Digests come last, so that what is copied never lacks anything that its digests list. */
export interface CopyPlan {
  objects: readonly PlannedObject[];
  digests: readonly PlannedObject[];
  /** Keys of purged exports, which a copy must not have. */
  purged: readonly string[];
  /** Objects that were written after the chain was read: the next copy takes them. */
  later: number;
}

/**
 * Plans the copy of a gateway from what its chain vouches for. Throws `archive_broken` for an object that is missing, or that nobody vouches
 * for: a copy must not spread what somebody planted.
 * @param vouched read before the listing.
 */
export async function planCopy(source: ObjectStore, listing: GatewayArchive, vouched: VouchedObjects, instance: string): Promise<CopyPlan> {
  const plan = { objects: new Array<PlannedObject>(), digests: new Array<PlannedObject>(), purged: new Array<string>(), later: 0 };
  requireNothingElse(source, listing);
  requireAllThere(source, listing, vouched, instance);
  const isHeld = vouched.held.has(instance);
  for (const entry of listing.exports.values()) {
    const known = vouched.byKey.get(entry.key);
    const receipt = listing.receipts.get(archiveLayout.receipt(entry.key));
    if (known !== undefined) plan.objects.push(...planned(entry, known, isHeld));
    else {
      const arrived = await readSignedReceipt(source, entry.key, receipt?.size, vouched.trusted);
      if (arrived === undefined) throw unvouched(source, entry.key);
      plan.objects.push({ entry, content: arrived.kept, before: [], retention: arrived.retention, isHeld });
    }
  }
  const exportOf = new Map([...listing.exports.keys()].map((key) => [archiveLayout.receipt(key), key]));
  for (const entry of listing.receipts.values()) {
    const known = vouched.byKey.get(entry.key);
    const exportKey = exportOf.get(entry.key);
    if (known !== undefined) plan.objects.push(...planned(entry, known));
    // An export that arrives while the archive is listed is copied next time, with its receipt.
    else if (exportKey === undefined) plan.later++;
    else if ((await readSignedReceipt(source, exportKey, entry.size, vouched.trusted)) === undefined) throw unvouched(source, entry.key);
    else plan.objects.push({ entry, content: undefined, before: [], retention: null, isHeld: false });
  }
  const digestOf = new Map(listing.digests.map(({ key }) => [archiveLayout.timestamp(key), key]));
  for (const entry of listing.timestamps) {
    const digest = digestOf.get(entry.key);
    if (digest === undefined) throw unvouched(source, entry.key);
    if (vouched.byKey.has(digest)) plan.objects.push({ entry, content: undefined, before: [], retention: null, isHeld: false });
    else plan.later++;
  }
  for (const [entries, into] of [[listing.events, plan.objects], [listing.digests, plan.digests]] as const) {
    for (const entry of entries) {
      const known = vouched.byKey.get(entry.key);
      if (known !== undefined) into.push(...planned(entry, known));
      else if (vouched.documents.has(entry.key)) throw unvouched(source, entry.key);
      else plan.later++;
    }
  }
  for (const key of vouched.exports) if (key.startsWith(archiveLayout.instance(instance)) && vouched.byKey.get(key)?.content === null) plan.purged.push(key);
  return plan;
}

/** Nothing for an export whose tombstone says that it was purged. */
function planned(entry: ObjectEntry, { content, before, retention }: Vouched, isHeld = false): PlannedObject[] {
  return content === null ? [] : [{ entry, content, before, retention, isHeld }];
}

function requireNothingElse(source: ObjectStore, { others: [other] }: GatewayArchive): void {
  if (other !== undefined) throw unvouched(source, other.key);
}

function requireAllThere(source: ObjectStore, listing: GatewayArchive, { byKey }: VouchedObjects, instance: string): void {
  const there = new Set([...listing.exports.keys(), ...listing.receipts.keys(), ...[...listing.digests, ...listing.events].map(({ key }) => key)]);
  for (const [key, { content }] of byKey) {
    if (content === null || there.has(key) || !key.startsWith(archiveLayout.instance(instance))) continue;
    throw new LedgerError("archive_broken", `${source.url}/${key} is missing, although the chain lists it`, { remedy: `call it again if something was purged just now; otherwise ${VERIFY}` });
  }
}

function unvouched(source: ObjectStore, key: string): LedgerError {
  return new LedgerError("archive_broken", `${source.url}/${key} is listed by no digest and signed by no trusted key: nothing that somebody may have planted is copied`, {
    remedy: `${VERIFY}; if the export is just arriving, call it again`,
  });
}

export const VERIFY = "aperture-ledger archive verify reports everything that is missing, added or altered";
