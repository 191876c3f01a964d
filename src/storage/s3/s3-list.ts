import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { LedgerError } from "../../ledger/errors.ts";
import type { ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";
import { entryOf } from "./s3-entry.ts";
import { s3Error } from "./s3-errors.ts";
import { isByKey, orderOf } from "./s3-order.ts";
import { sortEntries } from "../sort-entries.ts";

const KEYS_PER_PAGE = 1000;

/**
 * Objects whose key below the root starts with `prefix`, in byte order, whichever order the server lists them in; with `after`,
 * only those after that key. Throws `listing_incomplete` for a page that fails or contradicts itself.
 */
export async function* listObjects(target: S3Target, prefix: string, after?: string, pageSize = KEYS_PER_PAGE): AsyncGenerator<ObjectEntry> {
  const behind = after === undefined ? undefined : Buffer.from(after);
  for await (const entry of listInOrder(target, { prefix, after, pageSize })) {
    // Servers without StartAfter begin at the first key.
    if (behind === undefined || Buffer.compare(Buffer.from(entry.key), behind) > 0) yield entry;
  }
}

interface Wanted {
  prefix: string;
  after: string | undefined;
  pageSize: number;
}

async function* listInOrder(target: S3Target, wanted: Wanted): AsyncGenerator<ObjectEntry> {
  const { prefix, after, pageSize } = wanted;
  const { listing } = target;
  // A server without order would return arbitrary keys here, and new exports would never be seen.
  if (after !== undefined && listing.order === undefined) listing.order = await learnOrder(target, prefix);
  const begin = listing.order === "by key" ? after : undefined;
  const pages = listPages(target, { prefix, after: begin, pageSize });
  if (listing.order === "none") {
    yield* sorted(target, prefix, [], pages);
    return;
  }
  /** One page is held back, so that an unordered listing is recognised before any of its keys is returned. */
  let held: ObjectEntry[] | undefined;
  let last: string | undefined;
  let isTold = false;
  for await (const page of pages) {
    if (!isByKey(page, last)) {
      listing.order = "none";
      if (isTold) throw orderLost(target, prefix, page);
      if (begin === undefined) yield* sorted(target, prefix, [...(held ?? []), ...page], pages);
      else yield* listInOrder(target, wanted);
      return;
    }
    listing.order ??= orderOf(page);
    isTold ||= held !== undefined && held.length > 0;
    yield* held ?? [];
    held = page;
    last = page.at(-1)?.key ?? last;
  }
  yield* held ?? [];
}

async function learnOrder(target: S3Target, prefix: string): Promise<"by key" | "none" | undefined> {
  for await (const page of listPages(target, { prefix, after: undefined, pageSize: KEYS_PER_PAGE })) return orderOf(page);
  return undefined;
}

async function* sorted(target: S3Target, prefix: string, first: readonly ObjectEntry[], rest: AsyncGenerator<ObjectEntry[]>): AsyncGenerator<ObjectEntry> {
  async function* all(): AsyncGenerator<ObjectEntry> {
    yield* first;
    for await (const page of rest) yield* page;
  }
  // This also catches a server that answers every request with the first page.
  yield* sortEntries(all(), (key) => listingIncomplete(target, prefix, `the server lists ${JSON.stringify(key)} twice`));
}

function orderLost(target: S3Target, prefix: string, page: readonly ObjectEntry[]): LedgerError {
  const key = JSON.stringify(page[0]?.key ?? "");
  return new LedgerError("listing_incomplete", `${target.url}: the listing of ${JSON.stringify(prefix)} breaks off: after pages in order the server lists ${key} out of order.`, {
    remedy: `Try again: from now on this process sorts what ${target.server} lists.`,
    retryable: true,
  });
}

/** The server's listing, page by page, in its own order. */
async function* listPages(target: S3Target, { prefix, after, pageSize }: Wanted): AsyncGenerator<ObjectEntry[]> {
  const begin = after === undefined ? undefined : target.root + after;
  const asked = target.listing.wholeFolders ? prefix.slice(0, prefix.lastIndexOf("/") + 1) : prefix;
  for (let token: string | undefined; ; ) {
    const page = await listPage(target, { prefix: asked, begin, token, pageSize });
    const entries: ObjectEntry[] = [];
    for (const { Key, ...object } of page.Contents ?? []) {
      const key = decodeKey(target, prefix, Key, page.EncodingType).slice(target.root.length);
      // Consoles create empty objects whose key ends with a slash to show a folder; a file system cannot have such an object.
      if (key.startsWith(prefix) && key !== "" && !key.endsWith("/")) entries.push(entryOf(target, key, object));
    }
    yield entries;
    const next = nextToken(target, prefix, page);
    if (next === undefined) return;
    if (next === token) throw listingIncomplete(target, prefix, "a page leads to itself");
    token = next;
  }
}

interface WantedPage {
  prefix: string;
  begin: string | undefined;
  token: string | undefined;
  pageSize: number;
}

async function listPage(target: S3Target, { prefix, begin, token, pageSize }: WantedPage): Promise<ListObjectsV2CommandOutput> {
  try {
    const page = await target.client.send(
      new ListObjectsV2Command({
        Bucket: target.bucket,
        Prefix: target.root + prefix,
        MaxKeys: pageSize,
        // Keys may contain characters that XML cannot.
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

/** Decodes a key of a listing that was requested with encoded keys. */
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
    remedy: reason?.remedy ?? `Check ${target.server}, and any proxy in front of it: its listings are unreliable.`,
    retryable: reason?.retryable ?? false,
    cause,
  });
}
