import type { FastifyInstance, FastifyRequest } from "fastify";
import type { KnownBy } from "../archive/chain/event.ts";
import { EXPLORE } from "../explore/showing/links.ts";
import type { Clock } from "../ledger/clock.ts";
import type { JournalEntry } from "../lake/records/journal.ts";
import type { Journal } from "./keep-journal.ts";

/** Who was let in, and how that is known. */
export interface Visitor {
  by: string;
  known: Exclude<KnownBy, "command">;
}

/** Visitors by their requests: known when a request comes in, and asked for when it is answered. */
export class Visitors {
  readonly #known = new WeakMap<FastifyRequest, Visitor>();

  note(request: FastifyRequest, visitor: Visitor): void {
    this.#known.set(request, visitor);
  }

  forget(request: FastifyRequest): void {
    this.#known.delete(request);
  }

  of(request: FastifyRequest): Visitor | undefined {
    return this.#known.get(request);
  }
}

const READS = ["/reports", "/archive/holds", EXPLORE, "/live"];
/** Shows whom a hold would cover, and changes nothing. */
const PREVIEW = "/archive/holds/preview";
const LONGEST_PATH = 1024;

/** Journals every read of reports, pages of teams, holds, answers and live spending by a person who was let in, also one that was refused. */
export function journalReads(app: FastifyInstance, journal: Journal, visitors: Visitors, clock: Clock): void {
  app.addHook("onResponse", async (request, reply) => {
    const visitor = visitors.of(request);
    const [path = "", query = ""] = request.raw.url?.split("?", 2) ?? [];
    // The router finds a route by other spellings of its path as well.
    if (visitor === undefined || ![path, request.routeOptions.url ?? ""].some((one) => isRead(request.method, one))) return;
    journal.add(toEntry(request, { path, query, status: reply.statusCode, visitor, at: clock() }));
  });
}

function isRead(method: string, path: string): boolean {
  if (method === "POST") return path === PREVIEW;
  return method === "GET" && (path === "/" || READS.some((read) => path === read || path.startsWith(`${read}/`) || path.startsWith(`${read}.`)));
}

interface Answered {
  path: string;
  query: string;
  status: number;
  visitor: Visitor;
  at: Date;
}

/** Only an answered question surely has known parameters: elsewhere their names may be anything, even somebody's login. */
function toEntry({ method, routeOptions }: FastifyRequest, { path, query, status, visitor, at }: Answered): JournalEntry {
  const route = routeOptions.url ?? "none";
  const filters = status < 400 && route.startsWith(EXPLORE) ? [...new Set([...new URLSearchParams(query)].flatMap(([name, value]) => (value === "" ? [] : [name])))].sort() : [];
  return { at: at.toISOString(), ...visitor, method, route, path: path.slice(0, LONGEST_PATH), filters, status };
}
