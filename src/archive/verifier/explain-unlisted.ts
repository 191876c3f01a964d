import { archiveLayout } from "../../lake/layout.ts";
import { DAY_MS } from "../../ledger/durations.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { ChainFault } from "./check-chain.ts";
import { hash } from "./check-exports.ts";
import { readSignedReceipt } from "./check-receipt.ts";
import { type Finding, finding } from "./finding.ts";

/** An object that no digest lists. `signedAt`: the time in its document, if a trusted key signed it. */
export interface Unlisted {
  key: string;
  signedAt: string | undefined;
}

/** How the unlisted objects are explained. `open`: the objects that each chain fault may have listed. */
export interface ExplainedObjects {
  findings: Finding[];
  waiting: number;
  open: Map<ChainFault, { key: string; isSigned: boolean }[]>;
}

/** A digest may miss an export that arrives while it is made; the next one lists it. */
const SLACK_MS = DAY_MS;

/** Distinguishes objects that wait for the next digest, objects whose digest is lost, and objects that somebody else added. */
export function explainUnlisted(unlisted: readonly Unlisted[], { instance, faults, sealedAt }: { instance: string; faults: readonly ChainFault[]; sealedAt: string | undefined }): ExplainedObjects {
  const accounted: ExplainedObjects = { findings: [], waiting: 0, open: new Map() };
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
      const what = signedAt === undefined ? "is listed by no digest and signed by no trusted key" : `was signed at ${signedAt}, but no digest lists it, although one was sealed at ${sealedAt ?? signedAt}`;
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
  /** Whether digests list exports that a trusted key vouches for: then this one needs that too. */
  hasReceipts: boolean;
}

/**
 * Checks an unlisted export on its own: returns a finding, or when it was received if a trusted key signed that.
 * @param reducedTo SHA-256 after a reduction that an event declares.
 */
export async function checkUnlisted(
  archive: ObjectStore,
  workspace: string,
  { instance, key, receiptSize, trusted, reducedTo, hasReceipts }: UnlistedKey,
): Promise<Unlisted | Finding> {
  const receipt = await readSignedReceipt(archive, key, receiptSize, trusted);
  if (receipt === undefined) return { key, signedAt: undefined };
  const found = await hash(archive, key, workspace);
  if (found === undefined) return finding("deleted", { instance, key, what: "is missing, although its receipt exists", expected: receipt.kept.sha256 });
  if (hasReceipts && (receipt.arrived === null || receipt.seen_arriving === false)) return finding("added", { instance, key, what: "existed before its receipt, and nobody saw it arrive" });
  if (found.sha256 === receipt.kept.sha256 || found.sha256 === reducedTo) return { key, signedAt: receipt.received_at };
  return finding("altered", { instance, key, what: "does not match its receipt", expected: receipt.kept.sha256, found: found.sha256 });
}

/** Checks a receipt that no digest lists, of an export that is missing or was listed without a receipt. */
export async function checkUnlistedReceipt(
  archive: ObjectStore,
  { instance, exportKey, size, trusted, gone }: { instance: string; exportKey: string; size: number; trusted: ReadonlySet<string>; gone: boolean },
): Promise<Finding | undefined> {
  const key = archiveLayout.receipt(exportKey);
  const receipt = await readSignedReceipt(archive, exportKey, size, trusted);
  if (receipt === undefined) return finding("added", { instance, key, what: "is a receipt that no digest lists and no trusted key signed" });
  return gone ? finding("deleted", { instance, key: exportKey, what: "is missing, although its receipt exists", expected: receipt.kept.sha256 }) : undefined;
}
