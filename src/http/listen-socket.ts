import { chmod, lstat, mkdtemp, rename, rm, stat, unlink } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import type { Way } from "./admission.ts";
import { portUrl, remedyOf } from "./listen.ts";

export interface SocketPlace {
  path: string;
  /** File permissions. Anyone who may write to the socket may name any login; root, under which tailscaled runs, always may. */
  mode: number;
}

/** Distinguishes connections of a unix socket from those of a TCP port, because a request does not show it. */
export function waysOf(): { of: (socket: Socket) => Way; watch: (server: Server) => void } {
  const ofSocket = new WeakSet<Socket>();
  return {
    of: (socket) => (ofSocket.has(socket) ? "socket" : "tcp"),
    watch: (server) =>
      void server.on("connection", (socket) => {
        if (typeof server.address() === "string") ofSocket.add(socket);
      }),
  };
}

/**
 * Listens on a unix socket, and replaces a dead one of an earlier worker. The socket has its permissions from the moment it appears.
 * Throws `listen_failed` if another account could replace the socket, if something else is at the path, or if it cannot be created.
 */
export async function listenOnSocket(app: FastifyInstance, { path, mode }: SocketPlace): Promise<{ url: string; remove: () => Promise<void> }> {
  try {
    await checkFolder(dirname(path));
    await checkPlace(path);
    // Only this account can reach a socket in this folder.
    const aside = await mkdtemp(join(dirname(path), "."));
    try {
      const made = join(aside, "s");
      await app.listen({ path: made });
      await chmod(made, mode);
      await rename(made, path);
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  } catch (cause) {
    await app.close();
    throw cause instanceof LedgerError ? cause : refuse(path, messageOf(cause), "its folder must exist and be writable by the worker, and a socket's path may have at most 107 bytes", cause);
  }
  const { ino } = await lstat(path);
  return {
    url: `unix:${path}`,
    // Another worker may have replaced it.
    remove: async () => void ((await lstat(path).catch(() => undefined))?.ino === ino && (await unlink(path))),
  };
}

/** A port that passes its requests to the same server, whose guard answers only health checks there. */
export async function servePortBeside(app: FastifyInstance, host: string, port: number): Promise<{ url: string; close: () => void }> {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = app.server;
  const server = createServer({ headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval: 5_000 }, (request, response) => app.server.emit("request", request, response));
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, host.replace(/^\[(.*)\]$/, "$1"), resolve);
  try {
    await promise;
  } catch (cause) {
    await app.close();
    throw refuse(`${host}, port ${String(port)}`, messageOf(cause), remedyOf(cause), cause);
  }
  return {
    url: portUrl(server, host, port),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** An account that can write to the folder could put its own socket there and receive the requests. */
async function checkFolder(folder: string): Promise<void> {
  const { mode, uid } = await stat(folder);
  const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  const isForeign = uid !== 0 && uid !== process.getuid?.();
  if (!isOpen && !isForeign) return;
  throw refuse(folder, isOpen ? "other accounts can write to this folder" : "this folder belongs to another account", "give the socket a folder of its own with mode 0755 or less, such as systemd's RuntimeDirectory");
}

async function checkPlace(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw refuse(path, "something else is there", "set another http.socket, or remove it");
  if (await isAnswered(path)) throw refuse(path, "another program listens there", "end it, or set another http.socket");
}

async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function refuse(where: string, why: string, remedy: string, cause?: unknown): LedgerError {
  return new LedgerError("listen_failed", `cannot listen on ${where}: ${why}`, { remedy, cause });
}
