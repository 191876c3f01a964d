import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import { writtenTable } from "../landing/export-manifest.ts";

const allocationInput = z.object({ date: z.iso.date(), instance: z.string(), sha256: z.string() });
/** The rollups of one day of one gateway, by their bytes. */
export type AllocationInput = z.infer<typeof allocationInput>;

/**
 * Dollars by team as pairs, since a team may be called `__proto__`. In months that an older version allocated or closed it is an object,
 * and stays one, since the digest of a close covers it as it was written.
 */
export const directUsd = z.union([z.array(z.tuple([z.string(), dollarsText])), z.record(z.string(), dollarsText)]);

/** The inputs and results of a month's allocations: the commit point of their build. Kept at `_ledger/allocations/<month>.json`. */
export const allocationManifest = z.object({
  format: z.literal(1),
  month: z.string(),
  /** In order of date and instance. */
  inputs: z.array(allocationInput),
  /** Digest of everything else that the table depends on: the directory, the rules, the time zone, the version. */
  settings: z.string(),
  allocations: writtenTable,
  totals: z.object({
    /** Cost of all priced usage, dollars with nine decimals. */
    cost_usd: dollarsText,
    /** By team, before shared costs are spread: the base of proportional pools. */
    direct_usd: directUsd,
  }),
});
export type AllocationManifest = z.infer<typeof allocationManifest>;
