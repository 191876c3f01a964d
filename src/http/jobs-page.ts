import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import type { Queue } from "bullmq";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

const PREFIX = "/jobs";
/** While Redis is down, requests of the board would never be answered. */
const HANDLER_TIMEOUT_MS = 5_000;

/** Allows only the board's own scripts and styles; the board styles elements inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Fonts from Google's servers, which would learn who views the board. The board falls back to local fonts. */
const FOREIGN_FONTS = /<link [^>]*href="https:\/\/fonts\.googleapis\.com\/[^>]*>/g;

/** `/jobs`: bull-board, to view, retry and remove jobs. */
export async function serveJobs(app: FastifyInstance, queues: readonly Queue[], log: Logger): Promise<void> {
  const board = new FastifyAdapter();
  board.setBasePath(PREFIX);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue)),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: "aperture-ledger", hideDocsLink: true } },
  });
  board.setErrorHandler((error) => {
    log.error({ route: PREFIX, err: error }, "request failed");
    return { status: 500, body: { error: { key: "ERRORS.INTERNAL_SERVER_ERROR" } } };
  });
  await app.register(
    async (scope) => {
      scope.addHook("onRoute", (route) => void (route.handlerTimeout = HANDLER_TIMEOUT_MS));
      scope.addHook("onSend", async (_request, reply, payload) => {
        reply.header("content-security-policy", POLICY);
        return typeof payload === "string" && isHtml(reply.getHeader("content-type")) ? payload.replace(FOREIGN_FONTS, "") : payload;
      });
      await scope.register(board.registerPlugin());
    },
    { prefix: PREFIX },
  );
}

function isHtml(type: unknown): boolean {
  return typeof type === "string" && type.startsWith("text/html");
}
