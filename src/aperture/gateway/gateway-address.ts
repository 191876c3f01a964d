/** The paths that may follow a gateway's address in a configuration: the official API, the older API, or no path. */
const PLACES = /^(https?:\/\/[^/?#]+(?:\/[^?#]*?)?)(?:\/api\/config|\/aperture\/config|\/aperture)\/?$/i;
const HOST = /^https?:\/\/[^/?#]+\/?$/i;

/**
 * The address in front of a gateway's paths, without a slash at its end, for `http://ai`, `http://ai/aperture`, `http://ai/aperture/config`
 * and `http://ai/api/config`. Undefined for any other place: a file, or a page that somebody else serves.
 */
export function gatewayBase(place: string): string | undefined {
  const base = HOST.test(place) ? place : PLACES.exec(place)?.[1];
  return base?.replace(/\/+$/, "");
}
