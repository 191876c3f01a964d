/**
 * An ETag in the form in which ETags are compared: without `W/` and quotes. Some servers, and proxies in front of them, mark an ETag
 * as weak in one answer and not in the next; the bytes are the same, since no store keeps two forms of an object.
 */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//i, "").replace(/^"(.*)"$/s, "$1");
}
