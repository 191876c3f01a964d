import { namesThisMachine } from "./loopback.ts";

/** Names that only Tailscale assigns: another site cannot make one of them resolve to this machine's loopback address. */
const TAILNET_NAME = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.ts\.net$/;

export interface HostHeader {
  host: string | undefined;
  /** Local TCP port of the request; undefined on a unix socket. */
  localPort: number | undefined;
}

/**
 * Whether a request was sent to a name of this worker. A browser sends the host in the page's address even if that name was rebound to
 * 127.0.0.1 (DNS rebinding), so any other name belongs to another site.
 * @param hosts `http.hosts` in lower case, each as browsers send it; undefined: names of a tailnet
 */
export function isHostServed({ host, localPort }: HostHeader, hosts: ReadonlySet<string> | undefined): boolean {
  if (host === undefined) return false;
  if (namesThisMachine(host)) return true;
  const written = host.toLowerCase();
  if (hosts !== undefined) return hosts.has(written);
  const [, name = "", port = "80"] = /^([^:]*)(?::(\d+))?$/.exec(written) ?? [];
  // A rebound page names the worker's own port; tailscale serve listens at another port.
  return TAILNET_NAME.test(name) && Number(port) !== localPort;
}
