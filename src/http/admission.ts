import type { IncomingMessage } from "node:http";
import { decodeHeader, foldLogin } from "./login.ts";
import { isLoopback, namesThisMachine } from "./loopback.ts";

/** What a request is let in by. */
export interface Asking {
  /** Other end of the TCP connection. */
  peer: string | undefined;
  method: string;
  /** Without the query. */
  path: string;
  /** Every `Tailscale-User-Login` header there is, as it came. */
  logins: readonly string[];
  /** Some header tells that a proxy passed the request on. */
  proxied: boolean;
  host: string | undefined;
  origin: string | undefined;
  /** `Sec-Fetch-Site`: what the browser says of the page that asks. */
  fetchSite: string | undefined;
}

/** Why a request is refused, in words for whoever sent it; undefined when it is let in. */
export type Refusal = string | undefined;

/** @param allow lower-case logins; null when there is no allow list, and only users of this machine are let in. */
export function decideAdmission(asking: Asking, allow: ReadonlySet<string> | null): Refusal {
  const reads = asking.method === "GET" || asking.method === "HEAD";
  if (reads && asking.path === "/healthz") return undefined;
  if (!isLoopback(asking.peer)) return "only this machine is answered: come in through tailscale serve";
  const refusal = allow === null ? refuseStranger(asking) : refuseLogin(asking.logins, allow);
  if (refusal !== undefined || reads) return refusal;
  return comesFromOwnPage(asking) ? undefined : "another site's page asked for this change";
}

/** A tagged device comes through tailscale serve without a login, so what any proxy adds counts as well. */
function refuseStranger({ logins, proxied, host }: Asking): Refusal {
  if (logins.length > 0 || proxied) return "nobody comes in through a proxy before http.allow says who may: set it in the configuration";
  return namesThisMachine(host) ? undefined : "without http.allow only http://localhost and http://127.0.0.1 are answered";
}

function refuseLogin(logins: readonly string[], allow: ReadonlySet<string>): Refusal {
  const [login, ...others] = logins;
  if (login === undefined) {
    return "http.allow is set and the request has no Tailscale-User-Login: come in through tailscale serve as a user, not as a tagged device";
  }
  if (others.length > 0 || login.includes(",")) return "the request has more than one Tailscale-User-Login";
  const decoded = decodeHeader(login.trim());
  if (decoded === undefined) return "Tailscale-User-Login cannot be decoded";
  return allow.has(foldLogin(decoded)) ? undefined : "this login is not in http.allow";
}

/** Browsers send both headers with every change a page makes; other programs send neither. */
function comesFromOwnPage({ fetchSite, origin, host }: Asking): boolean {
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}

/** A browser of this machine never sends these by itself. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "tailscale-funnel-request"] as const;

export function describeAsking(request: IncomingMessage): Asking {
  const headers = request.headersDistinct;
  return {
    peer: request.socket.remoteAddress,
    method: request.method ?? "",
    path: request.url?.split("?", 1)[0] ?? "",
    logins: headers["tailscale-user-login"] ?? [],
    proxied: PROXY_HEADERS.some((name) => headers[name] !== undefined),
    host: request.headers.host,
    origin: headers["origin"]?.join(","),
    fetchSite: headers["sec-fetch-site"]?.join(","),
  };
}
