import { LedgerError } from "../../ledger/errors.ts";
import { bareEtag } from "../etag.ts";
import type { ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";

/** What listings, HEAD and PUT say about an object; all of it optional to the SDK's types. */
export interface S3Facts {
  Size?: number | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
}

/** An entry from what the server said; throws `storage_refused` when it left something out. */
export function entryOf(target: S3Target, key: string, { Size, ETag, LastModified }: S3Facts): ObjectEntry {
  if (Size === undefined || LastModified === undefined) {
    throw new LedgerError("storage_refused", `${target.url}: ${target.server} does not say how large or old ${JSON.stringify(key)} is.`, {
      remedy: `Check that ${target.server} is an S3 server.`,
    });
  }
  return { key, size: Size, etag: etagOf(target, key, ETag), lastModified: LastModified };
}

/** As it is compared: some servers put quotes around it, or call it weak, in one answer and not in another. */
export function etagOf(target: S3Target, key: string, etag: string | undefined): string {
  const bare = bareEtag(etag ?? "");
  if (bare !== "") return bare;
  throw new LedgerError("storage_refused", `${target.url}: ${target.server} reports no ETag for ${JSON.stringify(key)}.`, {
    remedy: "ETags are how changes are noticed: use an S3 server that has them, and no proxy that drops them.",
  });
}
