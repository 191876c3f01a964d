import { z } from "zod";
import { location } from "./location-section.ts";

/** Calendar months and years. */
const duration = z.string().regex(/^[1-9]\d{0,4} (?:day|month|year)s?$/, "a time such as 90 days, 18 months or 7 years");

const lock = z
  .strictObject({
    mode: z.enum(["GOVERNANCE", "COMPLIANCE"]).describe("GOVERNANCE: a permission of its own lifts it; COMPLIANCE: nobody does"),
    retain: duration.describe("from when the export was made"),
  })
  .describe("S3 Object Lock: set on each copy as it is written");

const retentionRule = z
  .strictObject({
    content: z.enum(["records", "bodies"]).describe("what of a record: all of it, or its captured conversation"),
    keep: duration.describe("from when the export was made"),
    instance: z.string().min(1).optional().describe("of this gateway only"),
    teams: z.array(z.string().min(1)).min(1).optional().describe("of callers in one of these teams only"),
    caller_type: z.enum(["user", "tag", "unknown"]).optional().describe("of such callers only"),
  })
  .describe("the first rule that fits a record decides; what no rule fits is kept");

const pattern = z
  .strictObject({ name: z.string().regex(/^[a-z][a-z0-9_-]*$/, "a name of small letters, digits, - and _"), pattern: z.string().min(1) })
  .refine(({ pattern: text }) => isExpression(text), "pattern: is no regular expression")
  .describe("a regular expression whose matches are replaced by [name]");

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, "u").source !== "";
  } catch {
    return false;
  }
}

/** `archive:` the copies of what arrived: where, how long, and who signs for them. */
export const archiveSection = z
  .strictObject({
    url: location.optional().describe("a store of its own for the copies of export objects; else the lake"),
    lock: lock.optional(),
    bodies: z.enum(["keep", "drop", "redact"]).default("keep").describe("captured conversations in the copies: as they arrived, left out, or with patterns replaced"),
    redact: z.array(pattern).default([]).describe("patterns beside those for keys, tokens and mail addresses"),
    signing_key: z.string().min(1).optional().describe("path of the private key (PEM); else from APERTURE_LEDGER_SIGNING_KEY"),
    public_key: z.string().min(1).optional().describe("path of the public key that archive verify trusts; else the private key's own"),
    retention: z.array(retentionRule).default([]),
    purge: z.enum(["dry_run", "apply"]).default("dry_run").describe("what the daily retention job does with what has expired: say it, or remove it"),
    erasure_key: z.string().min(1).optional().describe("path of the secret that pseudonyms are made with; else from APERTURE_LEDGER_ERASURE_KEY"),
  })
  .prefault({});
