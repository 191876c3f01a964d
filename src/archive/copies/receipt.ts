import { z } from "zod";
import { signed } from "../chain/signed.ts";

export const content = z.object({
  /** Bytes. */
  size: z.number(),
  /** Lower-case hex. */
  sha256: z.string(),
});
/** Size and hash that identify some bytes. */
export type Content = z.infer<typeof content>;

export function isSameContent(a: Content, b: Content): boolean {
  return a.size === b.size && a.sha256 === b.sha256;
}

export const retentionPromise = z.object({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]), until: z.iso.datetime() });
/** The retention that the store reported for an object when it was read back. */
export type RetentionPromise = z.infer<typeof retentionPromise>;

/** How captured conversations were stored in a copy. */
export const bodiesKept = z.enum(["keep", "drop", "redact"]);

/**
 * Records that an export arrived. Created before anything is derived from it, and never overwritten.
 * Stored at `archive/<instance>/_receipts/<yyyy>/<mm>/<dd>/<stem>.json`.
 */
export const receipt = signed(
  z.object({
    format: z.literal(1),
    instance: z.string(),
    /** Key of the copy. */
    key: z.string(),
    received_at: z.iso.datetime(),
    /** What arrived; null if only the copy was still available. */
    arrived: content.nullable(),
    /** What was stored: the same unless bodies are dropped or redacted. */
    kept: content,
    bodies: bodiesKept,
    /** Why the arrived export could not be read completely; only if the copy differs from what arrived and so does not show it. */
    damage: z.object({ code: z.string(), message: z.string(), offset: z.number() }).nullable(),
    retention: retentionPromise.nullable(),
    /** Present if the copy already existed and was not compared with what arrived: the key then does not vouch for the arrival. */
    seen_arriving: z.literal(false).exactOptional(),
  }),
);
export type Receipt = z.infer<typeof receipt>;
