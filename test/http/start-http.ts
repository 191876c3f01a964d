import { randomUUID } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import pino from "pino";
import { afterEachTest } from "../tidy-up.ts";
import type { HoldDesk } from "../../src/http/holds/hold-desk.ts";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { assembleHttp, type HttpServer, type HttpParts, type HttpSettings, serveHttp } from "../../src/http/serve-http.ts";
import { type Overview, readOverview } from "../../src/run/read-overview.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { changeLedger } from "../change-ledger.ts";
import { plainLedger } from "../plain-ledger.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";

export interface OpenDoor {
  server: HttpServer;
  queue: Queue;
  metrics: LedgerMetrics;
  /** What was logged, line by line. */
  lines: string[];
}

const refuse = (): Promise<never> => Promise.reject(new Error("no test of holds"));
/** Of a server whose test is about something else. */
export const NO_HOLDS: HoldDesk = { holders: null, localUser: "test", list: () => Promise.resolve([]), preview: refuse, add: refuse, release: refuse };

interface Wanted extends Partial<HttpSettings> {
  lake: ObjectStore;
  checkRedis?: () => Promise<void>;
  clock?: () => Date;
  holds?: HoldDesk;
  hooks?: HttpParts["hooks"];
  readOverview?: HttpParts["readOverview"];
  jobs?: HttpParts["jobs"];
  teamsOf?: HttpParts["teamsOf"];
  explorer?: HttpParts["explorer"];
  journal?: HttpParts["journal"];
}

/** A server on a free port with a queue of its own in the real Redis; both are gone after the test. */
export async function startHttp({ host = "127.0.0.1", port = 0, allow = null, hosts, secret, hookSecret, metricsToken, socket, limits = {}, ...rest }: Wanted): Promise<OpenDoor> {
  const { parts, ...behind } = openParts(rest);
  const server = await serveHttp({ host, port, allow, hosts, secret, hookSecret, metricsToken, socket, limits }, parts);
  closers.push(async () => await server.close());
  return { server, ...behind };
}

/** The url of a server whose connections come from `peer`, as far as it can tell: a test has no second machine. */
export async function startHttpFor(peer: string, { allow = null, hookSecret, metricsToken, ...rest }: Wanted): Promise<string> {
  const app = await assembleHttp({ allow, hookSecret, metricsToken }, openParts(rest).parts);
  closers.push(async () => await app.close());
  app.server.prependListener("connection", (socket) => Object.defineProperty(socket, "remoteAddress", { value: peer }));
  return await app.listen({ host: "127.0.0.1", port: 0 });
}

function openParts({ lake, ...rest }: Omit<Wanted, keyof HttpSettings>): Omit<OpenDoor, "server"> & { parts: HttpParts } {
  const connection = new Redis(SHARED_REDIS, { maxRetriesPerRequest: null });
  const queue = new Queue("exports", { connection, prefix: `test-${randomUUID()}` });
  closers.push(async () => {
    await queue.obliterate({ force: true });
    await queue.close();
    connection.disconnect();
  });
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const clock = rest.clock ?? (() => new Date());
  const metrics = new LedgerMetrics({ lake, archive: lake, queues: [queue], clock, log });
  const overview = async (): Promise<Overview> => await readOverview(changeLedger(plainLedger(new FsStore(temporaryFolder()), lake), { work: { clock } }));
  const checkRedis = rest.checkRedis ?? (async () => void (await connection.ping()));
  return { parts: { queues: [queue], jobs: rest.jobs ?? queue, checkRedis, lake, metrics, holds: rest.holds ?? NO_HOLDS, hooks: rest.hooks, explorer: rest.explorer, journal: rest.journal, readOverview: rest.readOverview ?? overview, calendar: { clock, timezone: "UTC" }, teamsOf: rest.teamsOf, log }, queue, metrics, lines };
}

const closers: (() => Promise<void>)[] = [];
afterEachTest(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Question {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
}

/** A request whose path and headers are sent exactly as they are given: no browser and no `fetch` would. */
export async function ask(url: string, path: string, { method = "GET", headers = {}, body }: Question = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const place = url.startsWith("unix:") ? { socketPath: url.slice("unix:".length) } : { host: hostname.replace(/^\[|\]$/g, ""), port };
  return await new Promise((resolve, reject) => {
    const asked = request({ ...place, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces).toString() });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** The header as tailscale serve sets it. */
export function as(login: string): { headers: Record<string, string> } {
  return { headers: { "Tailscale-User-Login": login } };
}
