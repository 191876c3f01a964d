import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { html } from "hono/html";
import type { Explorer } from "../explore/open-explorer.ts";
import { formatQuestion } from "../explore/question/format-question.ts";
import { parseQuestion } from "../explore/question/parse-question.ts";
import type { DaySpan, Question } from "../explore/question/question.ts";
import { renderTableCsv } from "../explore/showing/answer-table.ts";
import { renderExplored } from "../explore/showing/explore-page.ts";
import { EXPLORE_STYLE } from "../explore/showing/explore-style.ts";
import { EXPLORE, EXPLORE_CSV, SESSIONS, SESSIONS_CSV } from "../explore/showing/links.ts";
import { renderSessions, renderSessionsCsv } from "../explore/showing/sessions-page.ts";
import { LedgerError } from "../ledger/errors.ts";
import { answerText } from "./answers.ts";
import { answerPage } from "./page.ts";
import { takeTurns } from "./take-turns.ts";

/** Questions that wait for the one that is answered. */
const MOST_WAITING = 8;
const LOOK = { style: EXPLORE_STYLE, forms: true } as const;

/**
 * `/explore`: answers a question, which is in the query, as a page; `/explore/sessions`: the sessions behind it. Each has a CSV file of what its page shows.
 * Everything is read-only. @param explorer null: every question is refused, because reports hide people
 */
export function serveExplore(app: FastifyInstance, explorer: Explorer | null): void {
  const inTurn = takeTurns(MOST_WAITING);

  /** Reads the question, and answers it when it is its turn. A question that cannot be answered gets a page that says why. */
  function serve(path: string, title: string, answer: (explorer: Explorer, question: Question, reply: FastifyReply, signal: AbortSignal) => Promise<FastifyReply>): void {
    app.get(path, async (request, reply) => {
      if (explorer === null) return await answerPage(reply.code(403), title, HIDDEN);
      // A page that is loaded again and again, or closed, must not keep others waiting.
      const left = new AbortController();
      reply.raw.once("close", () => left.abort());
      try {
        const query = queryOf(request);
        const question = parseQuestion(query, explorer.settings);
        // What a form sends, without its empty fields, is the link of the answer.
        if ([...query.values()].includes("")) return await reply.redirect(`${path}?${formatQuestion(question)}`, 303);
        const outcome = inTurn(async () => await answer(explorer, question, reply, left.signal), left.signal);
        return outcome === undefined ? answerText(reply.header("retry-after", "5"), 503, "other questions are being answered: try again in a moment") : await outcome;
      } catch (error) {
        if (left.signal.aborted) return reply.hijack();
        if (!(error instanceof LedgerError) || error.code !== "usage") throw error;
        return await answerPage(reply.code(400), title, renderRefusal(error), LOOK);
      }
    });
  }

  serve(EXPLORE, "Explore", async (open, question, reply, signal) => await answerPage(reply, "Explore", await renderExplored(question, await open.ask(question, signal), open), LOOK));
  serve(SESSIONS, "Sessions", async (open, question, reply, signal) => await answerPage(reply, "Sessions", renderSessions(question, await open.askSessions(question, signal), open), LOOK));
  serve(EXPLORE_CSV, "Explore", async (open, question, reply, signal) => {
    const { asked, answer } = await open.ask(question, signal);
    return await answerCsv(reply, "explore", asked.span, answer === null ? "" : renderTableCsv(question, answer));
  });
  serve(SESSIONS_CSV, "Sessions", async (open, question, reply, signal) => {
    const { asked, answer } = await open.askSessions(question, signal);
    return await answerCsv(reply, "sessions", asked.span, answer === null ? "" : renderSessionsCsv(question, answer));
  });
}

/** Every text is a query: what cannot be decoded is replaced. */
function queryOf({ raw }: FastifyRequest): URLSearchParams {
  return new URLSearchParams(/\?(.*)$/s.exec(raw.url ?? "")?.[1] ?? "");
}

async function answerCsv(reply: FastifyReply, name: string, { from, to }: DaySpan, csv: string): Promise<FastifyReply> {
  return await reply.type("text/csv; charset=utf-8").header("content-disposition", `attachment; filename="${name}-${from}-to-${to}.csv"`).send(csv);
}

function renderRefusal({ message, remedy }: LedgerError): ReturnType<typeof html> {
  return html`<div class="lacks" role="alert"><p>${message}</p><p>${remedy}</p></div>
<p><a href="${EXPLORE}">Start again with this month</a></p>`;
}

const HIDDEN = html`<p>The reports of this ledger name no people (<code>privacy.callers</code>). The answers to free questions could show what the reports hide, so there are none.</p>
<p><a href="/reports">Reports</a></p>`;
