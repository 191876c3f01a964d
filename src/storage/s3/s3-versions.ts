import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import type { S3Target } from "./s3-client.ts";
import { s3Error, statusOf } from "./s3-errors.ts";
import { decodeKey, listingIncomplete } from "./s3-list.ts";

/** One of the versions that a bucket keeps under a key. */
export interface ObjectVersion {
  /** Undefined where the server does not keep versions. */
  id: string | undefined;
  /** A delete marker: it says that the object was removed and has no content. */
  isMarker: boolean;
  /** Whether readers of the object get this version. */
  isCurrent: boolean;
}

/** S3's page size. */
const VERSIONS_PER_PAGE = 1000;

/** Error names of servers that do not keep versions. */
export const KNOWS_NO_VERSIONS: ReadonlySet<number | undefined> = new Set([405, 501]);

/**
 * Versions of exactly that key, newest first, and its delete markers, in a separate order; without versioning the current object, if it
 * exists. Throws `listing_incomplete`.
 */
export async function listVersions(target: S3Target, key: string, pageSize = VERSIONS_PER_PAGE): Promise<ObjectVersion[]> {
  const versions: ObjectVersion[] = [];
  for (let after: string | undefined; ; ) {
    const page = await listPage(target, key, { after, pageSize });
    if (page === undefined) return [{ id: undefined, isMarker: false, isCurrent: true }];
    const { own, foreign } = readPage(target, key, page);
    versions.push(...own);
    // Other keys only begin with it and therefore come after it.
    if (foreign || page.IsTruncated === false) return versions;
    const next = page.NextVersionIdMarker ?? "";
    if (next === "" || next === after) throw listingIncomplete(target, key, "a page of versions does not say what follows it");
    after = next;
  }
}

async function listPage(
  target: S3Target,
  key: string,
  { after, pageSize }: { after: string | undefined; pageSize: number },
): Promise<ListObjectVersionsCommandOutput | undefined> {
  const whole = target.root + key;
  try {
    const position = after === undefined ? {} : { KeyMarker: whole, VersionIdMarker: after };
    const wanted = { Bucket: target.bucket, Prefix: whole, MaxKeys: pageSize, EncodingType: "url" as const, ...position };
    return await target.client.send(new ListObjectVersionsCommand(wanted));
  } catch (error) {
    if (KNOWS_NO_VERSIONS.has(statusOf(error))) return undefined;
    const reason = s3Error(error, target, `list the versions of ${JSON.stringify(key)}`);
    if (reason.code === "storage_denied" || reason.code === "bucket_missing") throw reason;
    throw listingIncomplete(target, key, reason.message, reason);
  }
}

/** The versions of the key on a page, and whether the page has other keys. */
function readPage(target: S3Target, key: string, page: ListObjectVersionsCommandOutput): { own: ObjectVersion[]; foreign: boolean } {
  const listed = [
    ...(page.Versions ?? []).map((version) => ({ ...version, isMarker: false })),
    ...(page.DeleteMarkers ?? []).map((marker) => ({ ...marker, isMarker: true })),
  ];
  const whole = target.root + key;
  const own = listed.filter(({ Key }) => decodeKey(target, key, Key, page.EncodingType) === whole);
  return {
    own: own.map(({ VersionId, IsLatest, isMarker }) => ({ id: VersionId ?? "null", isMarker, isCurrent: IsLatest === true })),
    foreign: own.length < listed.length,
  };
}
