import { createServer } from "node:http";
import type { S3Others, S3Service } from "./ceph.ts";

/** The servers that all test files of a run share, and what asking for each answers. */
export interface SharedServers {
  /** The url of a Redis, empty at the start of the run when it was started for it. */
  redis: string;
  /** An S3 server; `test/services/s3.ts` makes buckets on it. */
  s3: S3Service;
  /** Further users of the S3 server; null where it was not started for the run. */
  "s3-others": S3Others | null;
}

/** How each server is started. Every starter is called once at most. */
export type Starters = { [Name in keyof SharedServers]: () => Promise<SharedServers[Name]> };

export interface ServedStarters {
  url: string;
  /** Resolves when nothing is being started any more. */
  close(): Promise<void>;
}

/**
 * Answers test files, which run in processes of their own, at a port on loopback. A server is started when the first of
 * them asks for it, so that a run which needs none starts none; a failed start is the answer to everybody who asks.
 */
export async function serveStarters(starters: Starters): Promise<ServedStarters> {
  const started = new Map<string, Promise<unknown>>();
  const begin = (name: keyof SharedServers): Promise<unknown> => {
    const known = started.get(name) ?? starters[name]();
    started.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    if (!isShared(name, starters)) {
      response.writeHead(404).end(`there is no shared server "${name}"`);
      return;
    }
    begin(name).then(
      (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(503).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the shared servers have no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.allSettled(started.values());
    },
  };
}

function isShared(name: string, starters: Starters): name is keyof SharedServers {
  return Object.hasOwn(starters, name);
}

/** Asks for a server, which may take as long as its start. Throws what the start threw. */
export async function askFor<Name extends keyof SharedServers>(url: string, name: Name): Promise<SharedServers[Name]> {
  const response = await fetch(`${url}/${name}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SharedServers[Name];
}
