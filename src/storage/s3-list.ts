import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { LedgerError } from "../errors.ts";
import type { ObjectEntry } from "./object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { entryOf } from "./s3-entry.ts";
import { s3Error } from "./s3-errors.ts";

const KEYS_PER_PAGE = 1000;

/**
 * Objects whose key below the root starts with `prefix`, in byte order.
 * A page that fails, or that cannot be the page it should be, throws `listing_incomplete`, whatever came before it.
 */
export async function* listObjects(target: S3Target, prefix: string, after?: string): AsyncGenerator<ObjectEntry> {
  let token: string | undefined;
  const begin = after === undefined ? undefined : target.root + after;
  let last = Buffer.from(begin ?? "");
  do {
    const page = await listPage(target, { prefix, begin, token });
    for (const { Key, ...object } of page.Contents ?? []) {
      const key = decodeKey(target, prefix, Key, page.EncodingType);
      const bytes = Buffer.from(key);
      // Also what a server does that answers every page with the first one.
      if (Buffer.compare(bytes, last) <= 0 && last.byteLength > 0) {
        throw listingIncomplete(target, prefix, `the server lists ${JSON.stringify(key)} out of order`);
      }
      last = bytes;
      // Consoles make empty objects whose key ends with a slash to show a folder: no file system has such an object.
      if (!key.endsWith("/")) yield entryOf(target, key.slice(target.root.length), object);
    }
    token = nextToken(target, prefix, page);
  } while (token !== undefined);
}

interface WantedPage {
  prefix: string;
  begin: string | undefined;
  token: string | undefined;
}

async function listPage(target: S3Target, { prefix, begin, token }: WantedPage): Promise<ListObjectsV2CommandOutput> {
  try {
    const page = await target.client.send(
      new ListObjectsV2Command({
        Bucket: target.bucket,
        Prefix: target.root + prefix,
        MaxKeys: KEYS_PER_PAGE,
        // Keys may hold characters that XML cannot.
        EncodingType: "url",
        StartAfter: begin,
        ContinuationToken: token,
      }),
    );
    return page;
  } catch (error) {
    const reason = s3Error(error, target, `list ${JSON.stringify(prefix)}`);
    if (reason.code === "storage_denied" || reason.code === "bucket_missing") throw reason;
    throw listingIncomplete(target, prefix, reason.message, reason);
  }
}

function nextToken(target: S3Target, prefix: string, page: ListObjectsV2CommandOutput): string | undefined {
  const count = page.Contents?.length ?? 0;
  if (page.KeyCount !== undefined && page.KeyCount !== count) {
    throw listingIncomplete(target, prefix, `a page announces ${page.KeyCount} keys and holds ${count}`);
  }
  if (page.IsTruncated === undefined) throw listingIncomplete(target, prefix, "a page does not say whether it is the last");
  if (!page.IsTruncated) return undefined;
  if (page.NextContinuationToken === undefined || page.NextContinuationToken === "") {
    throw listingIncomplete(target, prefix, "a page says that more follow, but not how to get them");
  }
  return page.NextContinuationToken;
}

/** A key as it is, of a listing that was asked to encode them. */
export function decodeKey(target: S3Target, prefix: string, key: string | undefined, encoding: string | undefined): string {
  if (key === undefined) throw listingIncomplete(target, prefix, "the server lists an object without a key");
  if (encoding !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", "%20"));
  } catch (error) {
    throw listingIncomplete(target, prefix, `the server lists the key ${JSON.stringify(key)}, which cannot be decoded`, error);
  }
}

export function listingIncomplete(target: S3Target, prefix: string, problem: string, cause?: unknown): LedgerError {
  const reason = cause instanceof LedgerError ? cause : undefined;
  return new LedgerError("listing_incomplete", `${target.url}: the listing of ${JSON.stringify(prefix)} breaks off: ${problem}.`, {
    remedy: reason?.remedy ?? `Check ${target.server}, and any proxy before it: its listings cannot be relied on.`,
    retryable: reason?.retryable ?? false,
    cause,
  });
}
