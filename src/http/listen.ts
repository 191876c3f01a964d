import type { Server } from "node:http";
import type { FastifyInstance } from "fastify";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import { isLoopbackHost } from "./loopback.ts";

/** Throws `usage` if others can reach the host and no allow list is set. */
export function checkHost(host: string, allow: ReadonlySet<string> | null): void {
  if (allow !== null || isLoopbackHost(host)) return;
  throw new LedgerError("usage", `http.host is ${host}, which others can reach, but http.allow does not say who may`, {
    remedy: "set http.allow, or listen on 127.0.0.1",
  });
}

/** Resolves to the url it listens at. Throws `listen_failed`. @param section of the configuration that names the port, for messages. */
export async function listenOn(app: FastifyInstance, host: string, port: number, section = "http"): Promise<string> {
  try {
    await app.listen({ host: host.replace(/^\[(.*)\]$/, "$1"), port });
  } catch (cause) {
    await app.close();
    throw new LedgerError("listen_failed", `cannot listen on ${host}, port ${String(port)}: ${messageOf(cause)}`, { remedy: remedyOf(cause, section), cause });
  }
  return portUrl(app.server, host, port);
}

/** The url of a listening server, with its actual port. */
export function portUrl(server: Server, host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const address = server.address();
  const taken = address === null || typeof address === "string" ? port : address.port;
  return `http://${bare.includes(":") ? `[${bare}]` : bare}:${String(taken)}`;
}

const REMEDIES: Readonly<Record<string, (section: string) => string>> = {
  EADDRINUSE: (section) => `another program listens there: end it, or set another ${section}.port`,
  EACCES: (section) => `ports below 1024 are for root: set another ${section}.port`,
  EADDRNOTAVAIL: (section) => `${section}.host must be an address of this machine`,
  ENOTFOUND: (section) => `${section}.host must be an address of this machine`,
};

export function remedyOf(error: unknown, section = "http"): string {
  return REMEDIES[codeOf(error)]?.(section) ?? `check ${section}.host and ${section}.port`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
