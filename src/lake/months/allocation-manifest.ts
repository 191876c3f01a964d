import { z } from "zod";
import { dollarsText } from "../../ledger/dollars.ts";
import { writtenTable } from "../landing/export-manifest.ts";

const allocationInput = z.object({ date: z.iso.date(), instance: z.string(), sha256: z.string() });
/** The rollups of one day of one gateway, by their bytes. */
export type AllocationInput = z.infer<typeof allocationInput>;

/**
 * Dollars by team as pairs: a team may be called `__proto__`. An object in months that an older version allocated or closed, and it
 * stays one, since a close is digested as it was read.
 */
export const directUsd = z.union([z.array(z.tuple([z.string(), dollarsText])), z.record(z.string(), dollarsText)]);

export function directByTeam(written: z.infer<typeof directUsd>): Map<string, string> {
  return new Map(Array.isArray(written) ? written : Object.entries(written));
}

/** What a month's allocations were made from: the commit point of their build. Kept at `_ledger/allocations/<month>.json`. */
export const allocationManifest = z.object({
  format: z.literal(1),
  month: z.string(),
  /** In order of date and instance. */
  inputs: z.array(allocationInput),
  /** Digest of everything else that the table is a function of: the directory, the rules, the time zone, the build. */
  settings: z.string(),
  allocations: writtenTable,
  totals: z.object({
    /** Of all usage that is priced, dollars with nine decimals. */
    cost_usd: dollarsText,
    /** By team, before shared costs are spread: the base of proportional pools. */
    direct_usd: directUsd,
  }),
});
export type AllocationManifest = z.infer<typeof allocationManifest>;
