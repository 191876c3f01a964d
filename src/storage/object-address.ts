import type { ObjectStore } from "./object-store.ts";

/**
 * The address of an object for other programs. A program decodes the url of a file before it opens it, so the key is encoded, including its `%`. The key in a
 * bucket is written unchanged.
 */
export function addressOf({ url }: Pick<ObjectStore, "url">, key: string): string {
  return `${url}/${url.startsWith("file:") ? key.split("/").map(encodeURIComponent).join("/") : key}`;
}
