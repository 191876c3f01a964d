import type { FastifyInstance } from "fastify";
import { html } from "hono/html";
import type { Logger } from "pino";
import type { Html } from "../../chargeback/page/cells.ts";
import { messageOf } from "../../ledger/errors.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { showDollars, showTime } from "../../limits/budgets/show-limit.ts";
import type { LiveEstimate, NoEstimate } from "../../limits/live/live-estimate.ts";
import { estimateToJson, showEstimate } from "../../limits/live/show-estimate.ts";
import { answerPage } from "../page.ts";
import { shareRun } from "../share-run.ts";

/** Resolves to the live estimate of each budget in force. */
export type LookLive = () => Promise<(LiveEstimate | NoEstimate)[]>;

/** `/live`: the budgets by the ledger and by live estimates, as a page or as JSON. Requests at the same time share one reading. */
export function serveLive(app: FastifyInstance, look: LookLive, log: Logger): void {
  const shared = shareRun(look);
  app.get("/live", async (request, reply) => {
    const isPage = request.headers.accept?.includes("text/html") === true;
    try {
      const estimates = await shared();
      if (isPage) return await answerPage(reply, "Live spending", renderEstimates(estimates));
      return await reply.send({ live_estimates: estimates.map(estimateToJson) });
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "the live estimate cannot be read");
      const sorry = "There is no live estimate now: Redis or the lake cannot be read. The ledger and its alerts go on without it.";
      if (isPage) return await answerPage(reply.code(503), "Live spending", html`<p>${sorry}</p>`);
      return await reply.code(503).send({ live_estimates: null, why: sorry });
    }
  });
}

function renderEstimates(estimates: readonly (LiveEstimate | NoEstimate)[]): Html {
  if (estimates.length === 0) return html`<p>There are no budgets in force: set <code>limits</code> in the configuration.</p>`;
  return html`<p class="quiet">Each live estimate is provisional: it adds the requests that hooks reported to the ledger’s spend. The ledger decides.</p>
${estimates.map(renderEstimate)}`;
}

function renderEstimate(one: LiveEstimate | NoEstimate): Html {
  const { name, scope, period, spent, amount, percent, asOf } = one.state;
  return html`<h2>${shownText(name)}</h2>
<ul>
<li><span>${shownText(scope)}</span> <span class="quiet">${period.name}</span></li>
<li><span>ledger: ${showDollars(spent)} of ${showDollars(amount)} (${percent.toFixed(1)} %)</span> <span class="quiet">as of ${showTime(asOf, period.timezone)} ${period.timezone}</span></li>
<li><span>${showEstimate(one)}</span></li>
</ul>`;
}
