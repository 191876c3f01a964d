import { createHash } from "node:crypto";
import { paginateListObjectsV2, type _Object as ListedObject } from "@aws-sdk/client-s3";
import type { S3Service } from "./ceph.ts";
import { s3Client } from "./s3.ts";

/** What a bucket holds below a prefix, as the server behind lists it. */
export async function listBehind(service: S3Service, bucket: string, prefix: string): Promise<ListedObject[]> {
  const client = s3Client(service);
  const objects: ListedObject[] = [];
  for await (const { Contents } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) objects.push(...(Contents ?? []));
  client.destroy();
  return objects;
}

/**
 * The answer to ListObjectsV2 of a store that keeps its objects by a hash of their keys. `start-after` is a position in that
 * order, as it is for Storj with encrypted paths.
 */
export function listByHash(objects: readonly ListedObject[], pageSize: number, asked: URLSearchParams): string {
  const after = asked.get("start-after");
  const position = asked.get("continuation-token") ?? (after === null ? "" : hashOf(after));
  const behind = objects.filter(({ Key = "" }) => hashOf(Key) > position).sort((a, b) => (hashOf(a.Key ?? "") < hashOf(b.Key ?? "") ? -1 : 1));
  const page = behind.slice(0, Math.min(pageSize, Number(asked.get("max-keys") ?? 1000)));
  const rest = behind.length > page.length;
  const contents = page.map(({ Key = "", Size, ETag = "", LastModified }) =>
    `<Contents><Key>${encodeURIComponent(Key)}</Key><LastModified>${LastModified?.toISOString() ?? ""}</LastModified><ETag>${ETag.replaceAll('"', "&quot;")}</ETag><Size>${String(Size)}</Size></Contents>`);
  const next = rest ? `<NextContinuationToken>${hashOf(page.at(-1)?.Key ?? "")}</NextContinuationToken>` : "";
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${String(rest)}</IsTruncated><KeyCount>${String(page.length)}</KeyCount>${contents.join("")}${next}</ListBucketResult>`;
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
