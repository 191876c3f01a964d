import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an address is this machine's own: 127.0.0.0/8, ::1, or the former as a dual-stack socket reports it (::ffff:127.0.0.1). */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined || isIP(address) === 0) return false;
  return LOOPBACK.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** Whether a host to listen on, a name or an address with or without brackets, can only be reached from this machine. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === "localhost" || isLoopback(host.replace(/^\[(.*)\]$/, "$1"));
}

/**
 * Whether a `Host` header names this machine as its own user does. Another site can make its name resolve to 127.0.0.1 (DNS rebinding),
 * but then the browser still sends that site's name as the host.
 */
export function namesThisMachine(hostHeader: string | undefined): boolean {
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(hostHeader ?? "");
  return match?.[1] !== undefined && isLoopbackHost(match[1]);
}
