import { z } from "zod";
import { signed } from "../chain/signed.ts";

export const content = z.object({
  /** Bytes. */
  size: z.number(),
  /** Lower-case hex. */
  sha256: z.string(),
});
/** What some bytes are, without them. */
export type Content = z.infer<typeof content>;

export function isSameContent(a: Content, b: Content): boolean {
  return a.size === b.size && a.sha256 === b.sha256;
}

export const retentionPromise = z.object({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]), until: z.iso.datetime() });
/** Until when the store said, on reading it back, that it keeps an object. */
export type RetentionPromise = z.infer<typeof retentionPromise>;

/** What became of captured conversations when a copy was stored. */
export const bodiesKept = z.enum(["keep", "drop", "redact"]);

/**
 * That an export arrived, written create-only before anything is derived from it.
 * Kept at `archive/<instance>/_receipts/<yyyy>/<mm>/<dd>/<stem>.json`.
 */
export const receipt = signed(
  z.object({
    format: z.literal(1),
    instance: z.string(),
    /** Key of the copy. */
    key: z.string(),
    received_at: z.iso.datetime(),
    /** What arrived; null where only the copy was left to look at. */
    arrived: content.nullable(),
    /** What was stored: the same, unless bodies are dropped or redacted. */
    kept: content,
    bodies: bodiesKept,
    /** Why what arrived could not be read to its end; only where the copy is not what arrived, and therefore hides it. */
    damage: z.object({ code: z.string(), message: z.string(), offset: z.number() }).nullable(),
    retention: retentionPromise.nullable(),
    /** Only where the copy was there already and was not compared with what arrived: the key then vouches for no arrival. */
    seen_arriving: z.literal(false).exactOptional(),
  }),
);
export type Receipt = z.infer<typeof receipt>;
