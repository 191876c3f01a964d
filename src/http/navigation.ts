import type { FastifyInstance } from "fastify";

/** A place of the worker that people open. */
export interface Place {
  path: string;
  title: string;
  /** What it is for, in a few words. */
  purpose: string;
}

declare module "fastify" {
  interface FastifyInstance {
    /** The navigation of every page in the worker's own style, in order. */
    places: readonly Place[];
  }
}

/** What every worker serves. A new page gets its line here. */
const PLACES: readonly Place[] = [
  { path: "/", title: "Home", purpose: "the state of the ledger" },
  { path: "/reports/current", title: "Month to date", purpose: "the newest report of the running month" },
  { path: "/reports", title: "Reports", purpose: "who spent what, by month" },
  { path: "/jobs", title: "Jobs", purpose: "what the worker does and did" },
  { path: "/archive/holds", title: "Legal holds", purpose: "what retention must not remove" },
  { path: "/metrics", title: "Metrics", purpose: "for Prometheus" },
  { path: "/readyz", title: "Readiness", purpose: "whether Redis and the lake answer" },
];

const EXPLORE: Place = { path: "/explore", title: "Explore", purpose: "who, which model, which repository, since when" };
const LIVE: Place = { path: "/live", title: "Live spending", purpose: "budgets by live estimates" };

/** Decides what the pages of a server lead to. @param has whether it takes the gateway's hooks, and whether it answers questions. */
export function setPlaces(app: FastifyInstance, has: { live: boolean; explore: boolean }): void {
  const after = PLACES.findIndex(({ path }) => path === "/reports") + 1;
  app.decorate("places", PLACES.toSpliced(after, 0, ...(has.explore ? [EXPLORE] : []), ...(has.live ? [LIVE] : [])));
}
