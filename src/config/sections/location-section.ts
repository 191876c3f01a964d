import { z } from "zod";
import { textMap } from "../../ledger/names/written-map.ts";

const encryption = z
  .strictObject({
    algorithm: z.enum(["aws:kms", "aws:kms:dsse", "AES256"]),
    key: z.string().min(1).optional().describe("id, ARN or alias of the KMS key; else the bucket's own"),
    context: textMap({ value: z.string() }).optional().describe("KMS encryption context"),
    bucket_key: z.boolean().optional().describe("S3 Bucket Keys: fewer calls to KMS"),
  })
  .refine(({ algorithm, key, context }) => algorithm !== "AES256" || (key === undefined && context === undefined), "AES256 takes no key and no context: those are of KMS")
  .describe("server-side encryption of what is written");

/** `file:///dir`, a path, or `s3://bucket/prefix`; with `endpoint` and `region` for S3-compatible servers. */
export const location = z.union([
  z.string().min(1),
  z.strictObject({ url: z.string().min(1), endpoint: z.url().optional(), region: z.string().optional(), path_style: z.boolean().optional(), encryption: encryption.optional() }),
]);
