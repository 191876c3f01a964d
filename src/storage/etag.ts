/**
 * An ETag as it is compared: without `W/` and quotes. A server, or a proxy before it, that calls an ETag weak in one answer and
 * leaves that out in another means the same bytes, since no store keeps two forms of an object.
 */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//i, "").replace(/^"(.*)"$/s, "$1");
}
