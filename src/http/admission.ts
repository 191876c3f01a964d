import type { IncomingMessage } from "node:http";
import { decodeHeader, foldLogin } from "./login.ts";
import { isLoopback, namesThisMachine } from "./loopback.ts";
import { isHostServed } from "./public-hosts.ts";
import { HOOK_PATH, hookKeys, pathOf } from "./hooks/hook-door.ts";
import { SECRET_HEADER, type Secret } from "./header-secret.ts";

/** Who is admitted, and under which conditions a login header is trusted. */
export interface Admission {
  /** Lower-case logins. Null without an allow list: then only users of this machine are admitted. */
  allow: ReadonlySet<string> | null;
  /** Host names of the worker besides this machine's own names; undefined: any name of a tailnet. */
  hosts?: ReadonlySet<string> | undefined;
  /** The secret that the proxy must send, if one is set. */
  secret?: Secret | undefined;
  /** Whether a unix socket is served. Its permissions decide who may name logins, so no login is trusted at a TCP port. */
  hasSocket?: boolean;
  /** The secret that the gateway's hooks send; undefined without hooks. */
  hookSecret?: Secret | undefined;
  /** The token that lets a scraper of `/metrics` in without a login; undefined if none is set. */
  metricsToken?: Secret | undefined;
}

/** How a request came in. */
export type Way = "socket" | "tcp";

/** What decides whether a request is admitted. */
export interface Asking {
  way: Way;
  /** Remote address of the TCP connection. */
  peer: string | undefined;
  /** Local TCP port of the connection. */
  localPort: number | undefined;
  method: string;
  /** Without the query. */
  path: string;
  /** All `Tailscale-User-Login` headers, as they came. */
  logins: readonly string[];
  /** All headers with the proxy's secret. */
  secrets: readonly string[];
  /** Credentials of a hook's call: bearer tokens and API keys. */
  keys: readonly string[];
  /** Whether a header shows that a proxy passed the request on. */
  proxied: boolean;
  host: string | undefined;
  origin: string | undefined;
  /** `Sec-Fetch-Site`: how the browser relates the requesting page to this site. */
  fetchSite: string | undefined;
  /** `Sec-Fetch-Mode`: `navigate` if a person opens a page. */
  fetchMode: string | undefined;
}

/** How it is known that a login is the sender's. */
export function howLoginIsKnown(hasSecret: boolean, way: Way): "secret" | "socket" | "loopback" {
  if (hasSecret) return "secret";
  return way === "socket" ? "socket" : "loopback";
}

/** Why a request is refused, for its sender; undefined if it is admitted. */
export type Refusal = string | undefined;

export function decideAdmission(asking: Asking, admission: Admission): Refusal {
  const reads = asking.method === "GET" || asking.method === "HEAD";
  if (reads && asking.path === "/healthz") return undefined;
  if (isHookCall(asking, admission)) return refuseHook(asking, admission);
  if (reads && isScrape(asking, admission)) return undefined;
  return refuseWay(asking, admission) ?? (admission.allow === null ? refuseStranger(asking) : refuseUnproved(asking, admission, admission.allow)) ?? refuseOtherSite(asking, reads);
}

/**
 * The login of a request that would be admitted if that login were in `http.allow`: the guard asks whether it belongs to a team. Undefined for
 * anything that such a person may not do.
 */
export function loginForTeams(asking: Asking, admission: Admission): string | undefined {
  const [login = ""] = asking.logins;
  const decoded = decodeHeader(login.trim()) ?? "";
  const isReading = asking.method === "GET" || asking.method === "HEAD";
  if (!isReading || admission.allow === null || decoded === "") return undefined;
  return decideAdmission(asking, { ...admission, allow: new Set([foldLogin(decoded)]) }) === undefined ? decoded : undefined;
}

/** Whether only the secret of hooks lets a request in. */
export function isHookCall({ method, path }: Pick<Asking, "method" | "path">, { hookSecret }: Admission): boolean {
  return hookSecret !== undefined && method === "POST" && path === HOOK_PATH;
}

/** The token is enough, as for hooks. A port beside a socket answers health checks only. */
function isScrape({ path, way, keys }: Asking, { hasSocket = false, metricsToken }: Admission): boolean {
  return path === "/metrics" && !(hasSocket && way === "tcp") && metricsToken?.isGiven(keys) === true;
}

/** The gateway is another machine without a login: only its secret shows who calls. A browser cannot send it for another site. */
function refuseHook({ way, keys }: Asking, { hasSocket = false, hookSecret }: Admission): Refusal {
  if (hasSocket && way === "tcp") return "http.socket is set: this port answers /healthz only";
  return hookSecret?.isGiven(keys) === true ? undefined : "send the secret of hooks: as a bearer token or as x-api-key";
}

function refuseWay({ way, peer }: Asking, { hasSocket = false }: Admission): Refusal {
  if (way === "socket") return undefined;
  if (!isLoopback(peer)) return "only this machine is answered: come in through tailscale serve";
  return hasSocket ? "http.socket is set: this port answers /healthz only" : undefined;
}

/** A tagged device comes through tailscale serve without a login, so the headers of any proxy count as well. */
function refuseStranger({ logins, proxied, host }: Asking): Refusal {
  if (logins.length > 0 || proxied) return "requests through a proxy are refused until http.allow says who may send them: set it in the configuration";
  return namesThisMachine(host) ? undefined : "without http.allow only http://localhost and http://127.0.0.1 are answered";
}

function refuseUnproved(asking: Asking, { hosts, secret }: Admission, allow: ReadonlySet<string>): Refusal {
  if (!isHostServed(asking, hosts)) return "this host is not one the worker is served under: name it in http.hosts";
  if (secret !== undefined && !secret.isGiven(asking.secrets)) return `http.secret_file is set and the request has no ${SECRET_HEADER} with it: come in through the proxy that adds it`;
  return refuseLogin(asking.logins, allow);
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

/** A person may follow a link from anywhere to a page. Any other request from another site's page abuses that person's rights. */
function refuseOtherSite(asking: Asking, reads: boolean): Refusal {
  if (comesFromOwnPage(asking)) return undefined;
  if (!reads) return "another site's page asked for this change";
  return asking.fetchMode === "navigate" && asking.origin === undefined ? undefined : "another site's page asked for this";
}

/** Browsers send both headers with every change that a page makes; other programs send neither. */
function comesFromOwnPage({ fetchSite, origin, host }: Asking): boolean {
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}

/** A browser of this machine never sends these by itself. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "tailscale-funnel-request"] as const;

export function readAsking(request: IncomingMessage, way: Way): Asking {
  const headers = request.headersDistinct;
  return {
    way,
    peer: request.socket.remoteAddress,
    localPort: request.socket.localPort,
    method: request.method ?? "",
    path: pathOf(request),
    logins: headers["tailscale-user-login"] ?? [],
    secrets: headers[SECRET_HEADER.toLowerCase()] ?? [],
    keys: hookKeys(request),
    proxied: PROXY_HEADERS.some((name) => headers[name] !== undefined),
    // Two headers together are not a valid host.
    host: headers["host"]?.join(","),
    origin: headers["origin"]?.join(","),
    fetchSite: headers["sec-fetch-site"]?.join(","),
    fetchMode: headers["sec-fetch-mode"]?.join(","),
  };
}
