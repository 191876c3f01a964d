import { archiveLayout } from "../../lake/layout.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { ChainFault } from "./check-chain.ts";
import { hash } from "./check-exports.ts";
import { readSignedReceipt } from "./check-receipt.ts";
import { type Finding, finding } from "./finding.ts";

/** Something that no digest lists. `signedAt`: when, as a trusted key says; undefined where none does. */
export interface Unlisted {
  key: string;
  signedAt: string | undefined;
}

/** What became of it. `open`: by chain fault, what that may have listed. */
export interface Accounted {
  findings: Finding[];
  waiting: number;
  open: Map<ChainFault, { key: string; isSigned: boolean }[]>;
}

/** An export that arrives while a digest is made may be missed by that one, not by the next. */
const SLACK_MS = DAY_MS;

/** Tells what waits for the next digest from what lost its digest, and from what somebody else put there. */
export function accountFor(unlisted: readonly Unlisted[], { instance, faults, sealedAt }: { instance: string; faults: readonly ChainFault[]; sealedAt: string | undefined }): Accounted {
  const accounted: Accounted = { findings: [], waiting: 0, open: new Map() };
  const hiding = faults.find(({ hidesMore }) => hidesMore);
  for (const { key, signedAt } of unlisted) {
    const lister = faults.find(({ listed }) => listed.has(key));
    const isRecent = signedAt !== undefined && sealedAt !== undefined && Date.parse(signedAt) >= Date.parse(sealedAt) - SLACK_MS;
    const fault = lister ?? (isRecent ? undefined : hiding);
    if (fault !== undefined) {
      const open = accounted.open.get(fault) ?? [];
      open.push({ key, isSigned: signedAt !== undefined });
      accounted.open.set(fault, open);
    } else if (isRecent) accounted.waiting++;
    else {
      const what = signedAt === undefined ? "is listed by no digest and signed by no trusted key" : `was signed at ${signedAt}, and no digest lists it though one was sealed at ${sealedAt ?? signedAt}`;
      accounted.findings.push(finding("added", { instance, key, what }));
    }
  }
  return accounted;
}

export interface UnlistedKey {
  instance: string;
  key: string;
  receiptSize: number | undefined;
  trusted: ReadonlySet<string>;
  reducedTo: string | undefined;
  /** Whether digests list exports that a trusted key saw arrive: then this one has to have been seen as well. */
  hasReceipts: boolean;
}

/**
 * What is wrong with an unlisted export on its own, and when it was received as a trusted key says.
 * @param reducedTo SHA-256 of what an event says that it was reduced to.
 */
export async function lookAtUnlisted(
  archive: ObjectStore,
  workspace: string,
  { instance, key, receiptSize, trusted, reducedTo, hasReceipts }: UnlistedKey,
): Promise<Unlisted | Finding> {
  const receipt = await readSignedReceipt(archive, key, receiptSize, trusted);
  if (receipt === undefined) return { key, signedAt: undefined };
  const found = await hash(archive, key, workspace);
  if (found === undefined) return finding("deleted", { instance, key, what: "is not there any more, though its receipt is", expected: receipt.kept.sha256 });
  if (hasReceipts && (receipt.arrived === null || receipt.seen_arriving === false)) return finding("added", { instance, key, what: "was there before its receipt, and nobody saw it arrive" });
  if (found.sha256 === receipt.kept.sha256 || found.sha256 === reducedTo) return { key, signedAt: receipt.received_at };
  return finding("altered", { instance, key, what: "is not what its receipt says", expected: receipt.kept.sha256, found: found.sha256 });
}

/** Receipts that no digest lists, of exports that are not there or were listed without one. */
export async function lookAtReceipt(
  archive: ObjectStore,
  { instance, exportKey, size, trusted, gone }: { instance: string; exportKey: string; size: number; trusted: ReadonlySet<string>; gone: boolean },
): Promise<Finding | undefined> {
  const key = archiveLayout.receipt(exportKey);
  const receipt = await readSignedReceipt(archive, exportKey, size, trusted);
  if (receipt === undefined) return finding("added", { instance, key, what: "is a receipt that no digest lists and no trusted key signed" });
  return gone ? finding("deleted", { instance, key: exportKey, what: "is not there, though its receipt is", expected: receipt.kept.sha256 }) : undefined;
}
