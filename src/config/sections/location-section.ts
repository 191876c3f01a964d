import { z } from "zod";
import { is, keyRules, where, without } from "./key-rules.ts";
import { textMap } from "../../ledger/names/written-map.ts";

/** Shells replace variables, but this file does not. Nobody means a folder with such a name. */
export const writtenPlace = z
  .string()
  .min(1)
  .regex(/^(?!.*\$\{[A-Za-z_]\w*\}|\$[A-Za-z_]|~\/)/s, "a url or a path without variables and without ~, which are not replaced");

const encryption = z
  .strictObject({
    algorithm: z.enum(["aws:kms", "aws:kms:dsse", "AES256"]).describe("Kind of encryption, as S3 names it."),
    key: z.string().min(1).optional().meta({ description: "Id, ARN or alias of the KMS key. Without it the bucket's own key is used.", examples: ["alias/ai-ledger"] }),
    context: textMap({ value: z.string() }).optional().meta({ description: "KMS encryption context.", examples: [{ purpose: "ledger" }] }),
    bucket_key: z.boolean().optional().describe("Uses an S3 Bucket Key, which saves calls to KMS."),
  })
  .refine(({ algorithm, key, context }) => algorithm !== "AES256" || (key === undefined && context === undefined), "AES256 takes neither a key nor a context: both belong to KMS")
  .meta(keyRules(where(is("algorithm", "AES256"), without("key", "context"))))
  .describe("Server-side encryption of the objects that the ledger writes.");

/** `file:///dir`, a path, or `s3://bucket/prefix`; with `endpoint` and `region` for S3-compatible servers. */
export const location = z.union([
  writtenPlace,
  z.strictObject({
    url: writtenPlace.meta({ description: "`s3://bucket/prefix`, `file:///dir` or a path.", examples: ["s3://ai-ledger"] }),
    endpoint: z.url().optional().meta({ description: "Address of an S3-compatible server, instead of AWS.", examples: ["https://s3.example.com"] }),
    region: z.string().optional().meta({ description: "Region of the bucket.", examples: ["us-east-1"] }),
    path_style: z.boolean().optional().describe("`true` puts the bucket into the path of requests, `false` in front of the host's name. Without it the ledger chooses what the server is known to expect."),
    encryption: encryption.optional(),
  }),
]);
