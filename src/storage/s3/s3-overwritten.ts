import { createHash } from "node:crypto";
import { GetObjectCommand, ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { S3Target } from "./s3-client.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { decodeKey, listingIncomplete } from "./s3-list.ts";
import { KNOWS_NO_VERSIONS } from "./s3-versions.ts";

/** A key whose first version is not the one that readers get. */
export interface Overwritten {
  key: string;
  /** Whether a delete marker is the current version. */
  isHidden: boolean;
  /** Id of the first version. */
  first: string;
}

interface Version {
  id: string;
  size: number;
  etag: string;
  isMarker: boolean;
  isCurrent: boolean;
}

/** Keys below the prefix whose current version differs from their first. None on a server without versions. Throws `listing_incomplete`. */
export async function* listOverwritten(target: S3Target, prefix: string, pageSize?: number): AsyncGenerator<Overwritten> {
  let open = new Map<string, Version[]>();
  let marker: { KeyMarker: string | undefined; VersionIdMarker: string | undefined } | undefined;
  for (;;) {
    const page = await listPage(target, prefix, { ...marker, ...(pageSize === undefined ? {} : { MaxKeys: pageSize }) });
    if (page === undefined) return;
    const next = page.IsTruncated === true ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
    collect(target, prefix, page, open);
    // The last key of a page may continue on the next page.
    const last = next === undefined ? undefined : decodeKey(target, prefix, page.NextKeyMarker, page.EncodingType);
    const rest = new Map([...open].filter(([key]) => key === last));
    for (const [key, versions] of open) if (key !== last) yield* compare(target, key, versions);
    if (next === undefined) return;
    if (next.KeyMarker === undefined || (next.KeyMarker === marker?.KeyMarker && next.VersionIdMarker === marker.VersionIdMarker)) {
      throw listingIncomplete(target, prefix, "a page of versions does not say what follows it");
    }
    open = rest;
    marker = { ...next, KeyMarker: last };
  }
}

async function listPage(target: S3Target, prefix: string, position: object): Promise<ListObjectVersionsCommandOutput | undefined> {
  try {
    return await target.client.send(new ListObjectVersionsCommand({ Bucket: target.bucket, Prefix: target.root + prefix, EncodingType: "url", ...position }));
  } catch (error) {
    if (KNOWS_NO_VERSIONS.has(statusOf(error))) return undefined;
    const reason = s3Error(error, target, `list the versions of ${JSON.stringify(prefix)}`);
    if (reason.code === "storage_denied" || reason.code === "bucket_missing") throw reason;
    throw listingIncomplete(target, prefix, reason.message, reason);
  }
}

/** For each key the newest version first, as servers list them. */
function collect(target: S3Target, prefix: string, page: ListObjectVersionsCommandOutput, open: Map<string, Version[]>): void {
  const add = (Key: string | undefined, version: Version): void => {
    const key = decodeKey(target, prefix, Key, page.EncodingType);
    open.set(key, [...(open.get(key) ?? []), version]);
  };
  for (const { Key, VersionId, Size, ETag, IsLatest } of page.Versions ?? []) {
    add(Key, { id: VersionId ?? "null", size: Size ?? 0, etag: ETag ?? "", isMarker: false, isCurrent: IsLatest === true });
  }
  for (const { Key, VersionId, IsLatest } of page.DeleteMarkers ?? []) {
    add(Key, { id: VersionId ?? "null", size: 0, etag: "", isMarker: true, isCurrent: IsLatest === true });
  }
}

async function* compare(target: S3Target, whole: string, versions: readonly Version[]): AsyncGenerator<Overwritten> {
  const current = versions.find(({ isCurrent }) => isCurrent);
  const first = versions.findLast(({ isMarker }) => !isMarker);
  if (current === undefined || first === undefined || current === first) return;
  const key = whole.slice(target.root.length);
  if (current.isMarker) yield { key, isHidden: true, first: first.id };
  else if (!(await isSame(target, whole, first, current))) yield { key, isHidden: false, first: first.id };
}

/** Equal bytes have different ETags where they were uploaded in parts or encrypted with separate keys. */
async function isSame(target: S3Target, whole: string, a: Version, b: Version): Promise<boolean> {
  if (a.size !== b.size) return false;
  return a.etag === b.etag || (await hashOf(target, whole, a)) === (await hashOf(target, whole, b));
}

async function hashOf(target: S3Target, whole: string, { id }: Version): Promise<string> {
  const hash = createHash("sha256");
  try {
    const { Body: body } = await target.client.send(new GetObjectCommand({ Bucket: target.bucket, Key: whole, VersionId: id }));
    if (body instanceof Readable) await pipeline(body, hash);
    return hash.digest("hex");
  } catch (error) {
    throw s3Error(error, target, `read a version of ${JSON.stringify(whole)}`, whole);
  }
}
