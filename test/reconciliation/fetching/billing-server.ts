import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

export interface Asked {
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
}

/** What the server does in place of answering. */
export type Trouble = { status: number; headers?: Record<string, string>; body?: string } | "hang" | "endless" | "close" | "same page" | "no next page";

export interface BillingServer {
  url: string;
  asked: Asked[];
  /** For the next requests, in their order; then it answers. */
  troubles: Trouble[];
  /** What the reports say, by path: the members of `data`, all or by the request. */
  reports: Map<string, readonly unknown[]>;
  /** Members of `data` on a page. */
  pageSize: number;
}

export const KEY = "sk-ant-admin01-a-secret-key";

/**
 * Speaks the billing APIs of Anthropic and OpenAI on loopback until the test is over: keys and versions in their headers, `has_more` and
 * `next_page`, buckets within the asked times, and errors of each provider's shape.
 */
export async function startBillingServer(): Promise<BillingServer> {
  const state: BillingServer = { url: "", asked: [], troubles: [], reports: new Map(), pageSize: 1000 };
  const server = createServer((request, response) => answer(state, request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the billing server has no port");
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return Object.assign(state, { url: `http://127.0.0.1:${String(address.port)}` });
}

function answer(state: BillingServer, { url = "/", headers }: IncomingMessage, response: ServerResponse): void {
  const { pathname: path, searchParams: query } = new URL(url, "http://host");
  state.asked.push({ path, query, headers });
  const trouble = state.troubles.shift();
  if (trouble !== undefined && makeTrouble(trouble, response)) return;
  const isAnthropic = path.startsWith("/v1/organizations/");
  const isKnown = isAnthropic ? headers["x-api-key"] === KEY && headers["anthropic-version"] === "2023-06-01" : headers.authorization === `Bearer ${KEY}`;
  if (!isKnown) return send(response, 401, isAnthropic ? { type: "error", error: { type: "authentication_error", message: `invalid x-api-key ${KEY}` } } : { error: { message: `Incorrect API key provided: ${KEY}`, type: "invalid_request_error", code: "invalid_api_key" } });
  if (path.includes("/analytics/") && headers["anthropic-beta"] !== "analytics-usage-cost-2026-08-24") return send(response, 404, { type: "error", error: { type: "not_found_error", message: "Not found" } });
  const all = (state.reports.get(path) ?? []).filter((one) => isWithin(one, query));
  const start = Number(query.get("page") ?? "0");
  const next = start + state.pageSize;
  const more = next < all.length;
  const page = { object: "page", data: all.slice(start, next), has_more: more, next_page: more ? String(next) : null, data_refreshed_at: `request ${String(state.asked.length)}` };
  if (trouble === "same page") send(response, 200, { ...page, has_more: true, next_page: "0" });
  else if (trouble === "no next page") send(response, 200, { ...page, has_more: true, next_page: null });
  else send(response, 200, page);
}

/** Buckets and rows of the asked days. */
function isWithin(one: unknown, query: URLSearchParams): boolean {
  const bucket = one as { starting_at?: string; start_time?: number };
  const from = bucket.starting_at === undefined ? (bucket.start_time ?? 0) * 1000 : Date.parse(bucket.starting_at);
  const time = (name: string, seconds: string): number => (query.has(name) ? Date.parse(query.get(name) ?? "") : Number(query.get(seconds)) * 1000);
  return from >= time("starting_at", "start_time") && from < time("ending_at", "end_time");
}

/** Whether that was all. */
function makeTrouble(trouble: Trouble, response: ServerResponse): boolean {
  if (trouble === "same page" || trouble === "no next page") return false;
  if (trouble === "close") response.destroy();
  else if (trouble === "endless") pour(response);
  else if (trouble !== "hang") response.writeHead(trouble.status, trouble.headers).end(trouble.body ?? "");
  return true;
}

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, " ");
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(200).on("drain", more);
  more();
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
