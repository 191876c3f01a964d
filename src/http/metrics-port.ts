import { fastify } from "fastify";
import type { Logger } from "pino";
import { LedgerError } from "../ledger/errors.ts";
import { type Asking, readAsking } from "./admission.ts";
import { answerErrors, answerMissing, answerText, setSafetyHeaders } from "./answers.ts";
import { dropSlowClients, HTTP_LIMITS } from "./drop-slow-clients.ts";
import type { Secret } from "./header-secret.ts";
import { listenOn } from "./listen.ts";
import { isLoopback, isLoopbackHost, namesThisMachine } from "./loopback.ts";
import type { LedgerMetrics } from "./metrics.ts";

export interface MetricsPlace {
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Without it, only programs of this machine are answered. */
  token: Secret | undefined;
}

/** A port of its own that answers `/metrics` and nothing else. Throws `usage` for a host that others can reach without a token, and `listen_failed`. */
export async function serveMetricsPort({ host, port, token }: MetricsPlace, metrics: Pick<LedgerMetrics, "contentType" | "render">, log: Logger): Promise<{ url: string; close(): Promise<void> }> {
  if (token === undefined && !isLoopbackHost(host)) {
    throw new LedgerError("usage", `http.metrics.host is ${host}, which others can reach, but there is no token that shows who scrapes`, { remedy: "set http.metrics.token_file, or listen on 127.0.0.1" });
  }
  const app = fastify({
    logger: false,
    requestTimeout: HTTP_LIMITS.requestMs,
    http: { headersTimeout: HTTP_LIMITS.headersMs, connectionsCheckingInterval: HTTP_LIMITS.lookMs },
    // A path that cannot be decoded does not reach the hook.
    frameworkErrors: (_error, _request, reply) => {
      setSafetyHeaders(reply);
      answerMissing(reply);
    },
  });
  app.server.maxConnections = HTTP_LIMITS.connections;
  app.addHook("onRequest", async (request, reply) => {
    setSafetyHeaders(reply);
    const asking = readAsking(request.raw, "tcp");
    if (asking.path !== "/metrics" || (asking.method !== "GET" && asking.method !== "HEAD")) return answerMissing(reply);
    const refusal = refuse(asking, token);
    return refusal === undefined ? undefined : answerText(reply, token === undefined ? 403 : 401, refusal);
  });
  dropSlowClients(app, log, HTTP_LIMITS);
  answerErrors(app, log);
  app.get("/metrics", async (_request, reply) => await reply.type(metrics.contentType).send(await metrics.render()));
  const url = await listenOn(app, host, port, "http.metrics");
  log.info({ url }, "metrics at a port of their own");
  return { url, close: async () => await app.close() };
}

/** Without a token: like the pages without an allow list, a program of this machine, and no page in one of its browsers. */
function refuse({ keys, peer, host, proxied, logins, origin, fetchSite }: Asking, token: Secret | undefined): string | undefined {
  if (token !== undefined) return token.isGiven(keys) ? undefined : "send the token of http.metrics as a bearer token";
  if (!isLoopback(peer) || proxied || logins.length > 0) return "only programs of this machine are answered until http.metrics has a token";
  const isOfPage = origin !== undefined || (fetchSite !== undefined && fetchSite !== "none");
  return isOfPage || !namesThisMachine(host) ? "only http://localhost and http://127.0.0.1 are answered" : undefined;
}
