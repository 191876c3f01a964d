import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { writtenTable } from "../landing/export-manifest.ts";
import { readJson } from "../json-object.ts";
import { CORRECTION_MANIFESTS } from "../layout.ts";
import { monthState } from "./month-inputs.ts";

const correctedMonth = monthState.extend({
  /** Id of the close that the corrections start from: the month's own, or the last one that booked corrections of it. */
  since: z.string(),
  rows: z.number(),
  /** Additional amount owed, dollars with nine decimals. */
  owed_usd: dollarsText,
});
/** A closed month that has changed since its close, and what it was recomputed from. */
export type CorrectedMonth = z.infer<typeof correctedMonth>;

/** The corrections of closed months that are booked in an open month: the commit point. Kept at `_ledger/corrections/<month>.json`. */
export const correctionManifest = z.object({
  format: z.literal(1),
  /** The month in which they are booked. */
  month: z.string(),
  /** In order of month. */
  corrected: z.array(correctedMonth),
  /** Null where the months have different inputs but the same figures. */
  table: writtenTable.nullable(),
});
export type CorrectionManifest = z.infer<typeof correctionManifest>;

/** The manifests of all months that book corrections, in order of month. */
export async function loadCorrections(store: ObjectStore): Promise<CorrectionManifest[]> {
  const manifests: CorrectionManifest[] = [];
  for await (const { key } of store.list(CORRECTION_MANIFESTS)) manifests.push(await readJson(store, key, correctionManifest));
  return manifests;
}
