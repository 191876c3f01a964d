import { z } from "zod";
import { isSignedByAny } from "../chain/signed.ts";
import type { Receipt } from "./receipt.ts";

/** Why no trusted key vouches for an export as it arrived. */
export const unvouchedReason = z.enum(["no_receipt", "unsigned", "untrusted_key", "arrival_unseen"]);
export type UnvouchedReason = z.infer<typeof unvouchedReason>;

/** The explanation shown for such an export wherever it is listed. */
export const UNVOUCHED: Readonly<Record<UnvouchedReason, string>> = {
  no_receipt: "it has no receipt",
  unsigned: "its receipt is not signed",
  untrusted_key: "its receipt is signed by a key that is not trusted",
  arrival_unseen: "its receipt was written for an existing copy whose arrival nobody saw",
};

/** Undefined if a trusted key vouches for the arrival of the export. @param receipt undefined if it has no receipt. */
export function whyUnvouched(receipt: Receipt | undefined, trusted: ReadonlySet<string>): UnvouchedReason | undefined {
  if (receipt === undefined) return "no_receipt";
  if (receipt.key === null || receipt.signature === null) return "unsigned";
  if (!isSignedByAny(receipt, trusted)) return "untrusted_key";
  const { arrived, seen_arriving: seen } = receipt.header;
  return arrived === null || seen === false ? "arrival_unseen" : undefined;
}

/** The mark in its digest; a digest older than the marks only says whether there was a receipt. */
export function unvouchedMark({ unvouched, receipt }: { unvouched?: UnvouchedReason; receipt: string | null }): UnvouchedReason | undefined {
  return unvouched ?? (receipt === null ? "no_receipt" : undefined);
}
