import { namesThisMachine } from "./loopback.ts";

/** Names that only Tailscale gives out: a page elsewhere cannot have one of them resolve to this machine's loopback. */
const TAILNET_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.ts\.net$/;

export interface HostHeader {
  host: string | undefined;
  /** TCP port that the request came in at; undefined on a unix socket. */
  localPort: number | undefined;
}

/**
 * Whether a request was sent to a name that this worker has. A browser sends the host of the page's own address, also
 * where that name was bound to 127.0.0.1 (DNS rebinding), so any other name is another site's.
 * @param hosts `http.hosts` in lower case, each as browsers send it; undefined: names of a tailnet
 */
export function isHostServed({ host, localPort }: HostHeader, hosts: ReadonlySet<string> | undefined): boolean {
  if (host === undefined) return false;
  if (namesThisMachine(host)) return true;
  const written = host.toLowerCase();
  if (hosts !== undefined) return hosts.has(written);
  const [, name = "", port = "80"] = /^([^:]*)(?::(\d+))?$/.exec(written) ?? [];
  // A page that was bound to this machine names the worker's own port; tailscale serve listens at another one.
  return TAILNET_NAME.test(name) && Number(port) !== localPort;
}
