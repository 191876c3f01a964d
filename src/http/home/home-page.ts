import type { FastifyInstance } from "fastify";
import { html } from "hono/html";
import type { Logger } from "pino";
import type { Clock } from "../../ledger/clock.ts";
import { MINUTE_MS } from "../../ledger/durations.ts";
import { messageOf } from "../../ledger/errors.ts";
import type { Overview } from "../../run/read-overview.ts";
import type { LookLive } from "../hooks/live-page.ts";
import { keepReading } from "../kept-reading.ts";
import { answerPage } from "../page.ts";
import { shareRun, waitFor } from "../share-run.ts";
import { type CompletedJobs, findLastPull } from "./last-pull.ts";
import { renderHome } from "./render-home.ts";

interface HomeParts {
  /** Reads the state of the ledger: sources, archive and lake are listed. */
  readOverview: () => Promise<Overview>;
  /** The queue with the pulls. */
  jobs: CompletedJobs;
  /** Undefined where hooks are not taken. */
  look: LookLive | undefined;
  clock: Clock;
  log: Logger;
}

const KEPT_MS = MINUTE_MS;
/** The page says since when its figures are, so an earlier reading is better than a long wait. */
const WAIT_SECONDS = 8;
const REDIS_SECONDS = 2;

/** `/`: the state of the ledger, read at most once a minute. */
export function serveHome(app: FastifyInstance, { readOverview, jobs, look, clock, log }: HomeParts): void {
  const overview = keepReading(readOverview, { keptMs: KEPT_MS, waitSeconds: WAIT_SECONDS, what: "the ledger", clock, failed: (error) => log.warn({ reason: messageOf(error) }, "the state of the ledger cannot be read") });
  const pulls = shareRun(async () => await findLastPull(jobs));
  const live = look === undefined ? undefined : shareRun(look);
  app.get("/", async (_request, reply) => {
    const [known, lastPull, estimates] = await Promise.all([overview(), within(pulls, "Redis"), live === undefined ? undefined : within(live, "Redis").then((found) => found ?? null)]);
    if (known === undefined) return await answerPage(reply.code(503), "aperture-ledger", html`<p>The state of the ledger cannot be read now. The worker’s log says why; a first reading of a large ledger takes a moment.</p>`);
    return await answerPage(reply, "aperture-ledger", renderHome({ overview: known, lastPull, live: estimates }));
  });

  /** Undefined for what is not known in time. */
  async function within<Value>(read: () => Promise<Value>, what: string): Promise<Value | undefined> {
    try {
      return await waitFor(read(), REDIS_SECONDS, what);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "a part of the home page cannot be read");
      return undefined;
    }
  }
}
