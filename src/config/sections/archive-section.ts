import { z } from "zod";
import { duration } from "./duration-section.ts";
import { location } from "./location-section.ts";


const lock = z
  .strictObject({
    mode: z.enum(["GOVERNANCE", "COMPLIANCE"]).describe("`GOVERNANCE`: a special permission lifts the lock. `COMPLIANCE`: nobody can lift it."),
    retain: duration.meta({ description: "How long a copy is locked, counted from when the export was made.", examples: ["90 days"] }),
  })
  .describe("S3 Object Lock, set on each copy as it is written.");

const retentionRule = z
  .strictObject({
    content: z.enum(["records", "bodies"]).describe("The part of a record that the rule is about: the whole record (`records`), or its captured conversation (`bodies`)."),
    keep: duration.meta({ description: "How long it is kept, counted from when the export was made.", examples: ["7 years"] }),
    instance: z.string().min(1).optional().meta({ description: "Only records of this gateway.", examples: ["prod"] }),
    teams: z.array(z.string().min(1)).min(1).optional().meta({ description: "Only records of callers in one of these teams.", examples: [["payments"]] }),
    caller_type: z.enum(["user", "tag", "unknown"]).optional().describe("Only records of callers that match."),
  })
  .describe("A retention rule. The first rule that fits a record decides; a record that no rule fits is kept.");

const pattern = z
  .strictObject({ name: z.string().regex(/^[a-z][a-z0-9_-]*$/, "a name of small letters, digits, - and _").meta({ description: "Name that replaces a match, in brackets.", examples: ["ticket"] }), pattern: z.string().min(1).meta({ format: "regex", description: "Regular expression, with the flag `u`.", examples: ["ACME-\\d+"] }) })
  .refine(({ pattern: text }) => isExpression(text), "pattern: is not a regular expression")
  .describe("A regular expression whose matches are replaced by `[name]`.");

function isExpression(text: string): boolean {
  try {
    return new RegExp(text, "u").source !== "";
  } catch {
    return false;
  }
}

const timestamps = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).meta({ description: "The authority, which answers requests of RFC 3161 by HTTP. It gets hashes, nothing else.", examples: ["https://tsa.example/tsr"] }),
    roots: z.string().min(1).optional().meta({ description: "Path of the root certificates (PEM) that tokens are checked with.", examples: ["/etc/aperture-ledger/tsa-roots.pem"] }),
  })
  .describe("A time-stamping authority that says for each digest when it existed.");

const headPlace = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("notify").describe("Kind of place."),
      targets: z.array(z.string().min(1)).min(1).meta({ description: "Names of targets in `notify`.", examples: [["audit"]] }),
    }),
    z.strictObject({
      kind: z.literal("store").describe("Kind of place."),
      url: location.meta({ description: "A folder or a bucket, best of another account.", examples: ["s3://audit-heads"] }),
    }),
    z.strictObject({
      kind: z.literal("git").describe("Kind of place."),
      remote: z.string().regex(/^(?!-)(?!https?:\/\/[^/]*:[^/]*@)\S+$/, "a git remote without a password").meta({ description: "A repository, as `git clone` takes it. Credentials are git's own.", examples: ["git@git.example.com:audit/heads.git"] }),
      branch: z.string().regex(/^(?![-./])[\w./-]+$/, "the name of a branch").default("main").describe("Branch that gets a commit for each day."),
    }),
  ])
  .describe("A second place that gets the hash of each digest.");

/** `archive:` the copies of what arrived: where, how long, and who signs for them. */
export const archiveSection = z
  .strictObject({
    url: location.optional().meta({ description: "A separate store for the copies of exports. Without it they are in the lake, below `archive/`.", examples: ["s3://ai-ledger-archive"] }),
    lock: lock.optional(),
    bodies: z.enum(["keep", "drop", "redact"]).default("keep").describe("How copies keep captured conversations: as they arrived, not at all, or with patterns replaced."),
    redact: z.array(pattern).default([]).describe("Patterns to replace with `bodies: redact`, in addition to those for keys, tokens and mail addresses."),
    signing_key: z.string().min(1).optional().meta({ description: "Path of the private key (PEM) that digests are signed with, or `awskms:` and the id, the alias or the ARN of an Ed25519 key in AWS KMS. Without it: the key in `APERTURE_LEDGER_SIGNING_KEY`.", examples: ["/etc/aperture-ledger/signing-key.pem", "awskms:alias/aperture-ledger"] }),
    public_key: z.string().min(1).optional().meta({ description: "Path of the public key that `archive verify` trusts. Without it: the public key of the private key.", examples: ["/etc/aperture-ledger/signing-key.pub.pem"] }),
    timestamps: timestamps.optional(),
    heads: z.array(headPlace).default([]).describe("Second places that get the hash of each digest after sealing. Somebody who has the signing key and the bucket cannot rewrite a chain whose hash lies elsewhere."),
    retention: z.array(retentionRule).default([]).describe("How long records and conversations are kept. The first rule that fits a record decides; a record that no rule fits is kept."),
    purge: z.enum(["dry_run", "apply"]).default("dry_run").describe("What the daily retention job does with expired records: `dry_run` only reports them, `apply` removes them."),
    erasure_key: z.string().min(1).optional().meta({ description: "Path of the secret that pseudonyms are made with. Without it: the secret in `APERTURE_LEDGER_ERASURE_KEY`.", examples: ["/etc/aperture-ledger/erasure-key"] }),
  })
  .prefault({})
  .describe("The copies of exports: where they are, how they are locked, how long they are kept and who signs for them.");
