import { LedgerError } from "../../ledger/errors.ts";
import { bareEtag } from "../etag.ts";
import type { ObjectEntry } from "../object-store.ts";
import type { S3Target } from "./s3-client.ts";

/** The fields of an object in answers to list, HEAD and PUT; the SDK's types make them all optional. */
export interface S3Facts {
  Size?: number | undefined;
  ETag?: string | undefined;
  LastModified?: Date | undefined;
}

/** An entry from a server's answer; throws `storage_refused` when a field is missing. */
export function entryOf(target: S3Target, key: string, { Size, ETag, LastModified }: S3Facts): ObjectEntry {
  if (Size === undefined || LastModified === undefined) {
    throw new LedgerError("storage_refused", `${target.url}: ${target.server} does not say how large or old ${JSON.stringify(key)} is.`, {
      remedy: `Check that ${target.server} is an S3 server.`,
    });
  }
  return { key, size: Size, etag: etagOf(target, key, ETag), lastModified: LastModified };
}

/** In comparable form: some servers quote an ETag, or mark it as weak, in one answer and not in the next. */
export function etagOf(target: S3Target, key: string, etag: string | undefined): string {
  const bare = bareEtag(etag ?? "");
  if (bare !== "") return bare;
  throw new LedgerError("storage_refused", `${target.url}: ${target.server} reports no ETag for ${JSON.stringify(key)}.`, {
    remedy: "ETags are needed to notice changes: use an S3 server that has them, and no proxy that drops them.",
  });
}
