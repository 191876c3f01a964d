import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A gateway that speaks Aperture's API as its OpenAPI document has it, and the addresses that older ones have. */
export interface FakeGateway {
  /** `http://127.0.0.1:port` */
  url: string;
  /** HuJSON; undefined: this gateway has no official API. */
  config: string | undefined;
  /** The answer of the older `/api/config`. */
  olderConfig: string | undefined;
  /** The catalogue as a document; undefined: the gateway has none. */
  pricing: object | undefined;
  /** `/v1/models`, `/api/providers` and what else it answers, by path. */
  others: Record<string, object>;
  /** What this machine is granted. */
  grants: Set<"admin" | "read_pricing">;
  /** Answers in place of the gateway where it is set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** `GET /aperture/config 200`, in their order. */
  asked: string[];
}

/** Starts one that this machine may ask everything, and stops it after the test. */
export async function startGateway(given: Partial<FakeGateway> = {}): Promise<FakeGateway> {
  const gateway: FakeGateway = { url: "", config: "{}", olderConfig: undefined, pricing: undefined, others: {}, grants: new Set(["admin", "read_pricing"]), instead: undefined, asked: [], ...given };
  const server = createServer((request, response) => {
    response.on("finish", () => gateway.asked.push(`${request.method ?? ""} ${request.url ?? ""} ${String(response.statusCode)}`));
    if (gateway.instead === undefined) answer(gateway, request, response);
    else gateway.instead(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  gateway.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return gateway;
}

function answer(gateway: FakeGateway, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? "";
  const { config, olderConfig, pricing, others, grants } = gateway;
  if (request.method !== "GET") return refuse(response, 405, "Method Not Allowed", "this test only reads");
  if (path === "/aperture/config" && config !== undefined) {
    return grants.has("admin") ? send(request, response, { config }) : refuse(response, 403, "Forbidden", "the admin role is required");
  }
  if (path === "/aperture/pricing" && pricing !== undefined) {
    return grants.has("read_pricing") ? send(request, response, pricing) : refuse(response, 403, "Forbidden", "an explicit read_pricing grant is required");
  }
  if (path === "/api/config" && olderConfig !== undefined) return send(request, response, { config: olderConfig, hash: "x" }, false);
  const other = others[path];
  return other === undefined ? refuse(response, 404, "Not Found") : send(request, response, other, false);
}

function send(request: IncomingMessage, response: ServerResponse, body: object, tagged = true): void {
  const text = JSON.stringify(body, null, 2);
  const etag = `"${createHash("sha256").update(text).digest("hex").slice(0, 12)}"`;
  if (tagged) response.setHeader("etag", etag);
  if (tagged && request.headers["if-none-match"] === etag) return void response.writeHead(304).end();
  response.setHeader("content-type", "application/json").end(text);
}

function refuse(response: ServerResponse, status: number, title: string, detail?: string): void {
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify({ title, status, ...(detail === undefined ? {} : { detail }) }));
}

/** A document of the catalogue. @param models by name and cost basis, dollars per million tokens as texts, and `modes` */
export function pricingDocument(models: Record<string, Record<string, Record<string, unknown>>>, providers: Record<string, object> = {}): object {
  const result = ({ modes, ...rates }: Record<string, unknown>): object => ({ source: "embedded", resolved_model: "m", resolver_adjustment: 1, effective_pricing: rates, ...(modes === undefined ? {} : { modes }) });
  return {
    currency: "USD",
    units: { ...Object.fromEntries(["input", "input_above_200k", "input_cache_read", "input_cache_write", "input_cache_write_1h", "output", "output_above_200k", "internal_reasoning"].map((rate) => [rate, { basis: "token", quantity: 1_000_000 }])), image: { basis: "image_token", quantity: 1_000_000 }, web_search: { basis: "query", quantity: 1 } },
    cost_bases: ["anthropic"],
    models: Object.fromEntries(Object.entries(models).map(([model, bases]) => [model, { cost_bases: Object.fromEntries(Object.entries(bases).map(([basis, rates]) => [basis, result(rates)])) }])),
    configured_adjustments: { providers },
  };
}

/** A mode's result in a catalogue. */
export function modeOfDocument(rates: Record<string, unknown>): object {
  return { source: "embedded", resolved_model: "m", resolver_adjustment: 0.5, effective_pricing: rates };
}
