import type { ObjectStore } from "./object-store.ts";

/**
 * Where an object is, as other programs take it: a file's url is decoded by the program that opens it, so a key is encoded, its `%` too; a key of a bucket is
 * written as it is.
 */
export function addressOf({ url }: Pick<ObjectStore, "url">, key: string): string {
  return `${url}/${url.startsWith("file:") ? key.split("/").map(encodeURIComponent).join("/") : key}`;
}
