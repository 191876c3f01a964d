import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { writtenTable } from "../landing/export-manifest.ts";
import { readJson } from "../json-object.ts";
import { CORRECTION_MANIFESTS } from "../layout.ts";
import { monthState } from "./month-inputs.ts";

const correctedMonth = monthState.extend({
  /** Id of the close that the corrections start from: of the month itself, or of the last one that booked some of it. */
  since: z.string(),
  rows: z.number(),
  /** What more is owed, dollars with nine decimals. */
  owed_usd: dollarsText,
});
/** A closed month that has changed since its close, and what it was recomputed from. */
export type CorrectedMonth = z.infer<typeof correctedMonth>;

/** What is booked in an open month of closed ones: the commit point. Kept at `_ledger/corrections/<month>.json`. */
export const correctionManifest = z.object({
  format: z.literal(1),
  /** In which they are booked. */
  month: z.string(),
  /** In order of month. */
  corrected: z.array(correctedMonth),
  /** Null where the months have other inputs and the same figures. */
  table: writtenTable.nullable(),
});
export type CorrectionManifest = z.infer<typeof correctionManifest>;

/** What is booked in every month that books something, in their order. */
export async function loadCorrections(store: ObjectStore): Promise<CorrectionManifest[]> {
  const manifests: CorrectionManifest[] = [];
  for await (const { key } of store.list(CORRECTION_MANIFESTS)) manifests.push(await readJson(store, key, correctionManifest));
  return manifests;
}
