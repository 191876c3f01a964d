import type { FastifyInstance } from "fastify";
import { html } from "hono/html";
import { answerPage } from "./page.ts";

/** `/`: links to everything that is served. */
export function serveFrontPage(app: FastifyInstance): void {
  app.get("/", async (_request, reply) => await answerPage(reply, "aperture-ledger", CONTENTS));
}

const CONTENTS = html`<ul>
<li><a href="/reports">Reports</a> <span class="quiet">who spent what, by month</span></li>
<li><a href="/jobs">Jobs</a> <span class="quiet">what the worker does and did</span></li>
<li><a href="/archive/holds">Legal holds</a> <span class="quiet">what retention must not remove</span></li>
<li><a href="/metrics">Metrics</a> <span class="quiet">for Prometheus</span></li>
<li><a href="/readyz">Readiness</a> <span class="quiet">whether Redis and the lake answer</span></li>
</ul>`;
