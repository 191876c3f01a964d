import { describe, expect, test } from "vitest";
import { fetchChangedConfig, fetchGatewayConfig } from "../../src/aperture/gateway/fetch-gateway-config.ts";
import { fetchQuotaBalances } from "../../src/aperture/gateway/fetch-quotas.ts";
import { gatewayBase } from "../../src/aperture/gateway/gateway-address.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { startGateway } from "../fake-gateway.ts";

const CONFIG = '{ /* HuJSON */ "providers": { "plan": { "auth_mode": "passthrough" }, }, }';
const OLDER = '{"providers": {"older": {}}}';

async function failureOf(work: Promise<unknown>): Promise<LedgerError> {
  const error: unknown = await work.then(() => new Error("it did not fail"), (thrown: unknown) => thrown);
  if (error instanceof LedgerError) return error;
  throw error;
}

test.each([
  ["http://ai", "http://ai"], ["http://ai/", "http://ai"], ["http://ai/aperture", "http://ai"], ["http://ai/aperture/config", "http://ai"], ["http://ai/api/config", "http://ai"],
  ["https://ai.example.ts.net:8443/west/api/config/", "https://ai.example.ts.net:8443/west"],
  ["http://files/aperture-config.hujson", undefined], ["http://ai/api/config?x", undefined], ["file:///api/config", undefined], ["/etc/api/config", undefined],
])("%s is a gateway's address: %s", (place, base) => {
  expect(gatewayBase(place)).toBe(base);
});

describe("the configuration of a gateway", () => {
  test("comes from the official API, and is not sent again while its ETag stands for it", async () => {
    const gateway = await startGateway({ config: CONFIG, olderConfig: OLDER });
    const { providers, etag } = await fetchGatewayConfig(`${gateway.url}/api/config`);
    expect(providers).toMatchObject([{ id: "plan", authMode: "passthrough" }]);
    expect(etag).toMatch(/^"[0-9a-f]{12}"$/);
    expect(await fetchChangedConfig(gateway.url, etag)).toBeUndefined();
    gateway.config = '{"providers": {}}';
    expect(await fetchChangedConfig(gateway.url, etag)).toMatchObject({ providers: [] });
    expect(gateway.asked).toEqual(["GET /aperture/config 200", "GET /aperture/config 304", "GET /aperture/config 200"]);
  });

  test.each(["no official API", "pages for people everywhere"])("comes from the older address where the gateway has %s", async (how) => {
    const gateway = await startGateway({ config: undefined, olderConfig: OLDER });
    if (how !== "no official API") {
      gateway.instead = (request, response) => {
        if (request.url === "/api/config") response.end(JSON.stringify({ config: OLDER, hash: "x" }));
        else response.setHeader("content-type", "text/html; charset=utf-8").end("<!doctype html>");
      };
    }
    expect(await fetchGatewayConfig(gateway.url)).toMatchObject({ providers: [{ id: "older" }], etag: undefined });
    expect(gateway.asked.map((line) => line.slice(0, -4))).toEqual(["GET /aperture/config", "GET /api/config"]);
  });

  test("that this machine may not read says which grant is missing, and what the gateway said", async () => {
    const gateway = await startGateway({ config: CONFIG, olderConfig: OLDER, grants: new Set() });
    const { code, message, remedy } = await failureOf(fetchGatewayConfig(gateway.url));
    expect(code).toBe("gateway_config_unreadable");
    expect(message).toBe(`the gateway's configuration at ${gateway.url}/aperture/config cannot be read: HTTP 403 Forbidden: the admin role is required`);
    expect(remedy).toMatch(/^add \{"role": "admin"\} under "tailscale\.com\/cap\/aperture" to a grant whose src is this machine's user or tag/);
    expect(gateway.asked).toEqual(["GET /aperture/config 403"]);
  });

  test("is not taken from where it redirects to, and nobody else is asked", async () => {
    const other = await startGateway({ config: OLDER });
    const gateway = await startGateway();
    gateway.instead = (_, response) => response.writeHead(302, { location: `${other.url}/aperture/config?key=secret` }).end();
    const { message, remedy } = await failureOf(fetchGatewayConfig(gateway.url));
    expect(message).toContain(`HTTP 302 Found: it redirects to ${other.url}/aperture/config?***, and redirects are refused`);
    expect(remedy).toBe("set aperture.config to the gateway's own address");
    expect(other.asked).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["says that it failed", '{"error": "boom"}', "the answer contains no configuration"],
    ["is no JSON", "upstream connect error", "the answer is not a configuration"],
    ["is null", "null", "the answer contains no configuration"],
  ])("is not an answer that %s, which would look like one without providers", async (_what, body, why) => {
    const gateway = await startGateway();
    gateway.instead = (_, response) => response.end(body);
    const { code, message } = await failureOf(fetchGatewayConfig(gateway.url));
    expect([code, message]).toEqual(["gateway_config_unreadable", expect.stringContaining(why)]);
  });

  test("that is slow, too large or gone is given up, and may be asked again unless it is too large", async () => {
    const gateway = await startGateway();
    gateway.instead = (_, response) => void response.write("{");
    expect(await failureOf(fetchGatewayConfig(gateway.url, { milliseconds: 50 }))).toMatchObject({ retryable: true, message: expect.stringContaining("not complete within 0.05 seconds") as string });
    gateway.instead = (_, response) => response.end(" ".repeat(2000));
    expect(await failureOf(fetchGatewayConfig(gateway.url, { mostBytes: 1000 }))).toMatchObject({ retryable: false, message: expect.stringContaining("larger than 1000 bytes") as string });
    gateway.instead = (request) => void request.destroy();
    expect(await failureOf(fetchGatewayConfig(gateway.url))).toMatchObject({ retryable: true, code: "gateway_config_unreadable" });
    gateway.instead = (_, response) => response.writeHead(503).end();
    expect(await failureOf(fetchGatewayConfig(gateway.url))).toMatchObject({ retryable: true, message: expect.stringContaining("HTTP 503 Service Unavailable") as string });
  });

  test("shows problem details on one line, and of long ones the beginning", async () => {
    const gateway = await startGateway();
    gateway.instead = (_, response) => response.writeHead(500).end(JSON.stringify({ title: "Internal\nServer Error", status: 500, detail: `\u001B[31m${"x".repeat(500)}` }));
    const { message } = await failureOf(fetchGatewayConfig(gateway.url));
    expect(message).toContain("HTTP 500 Internal Server Error: Internal[U+000A]Server Error: [U+001B][31mxxx");
    expect(message.length).toBeLessThan(400);
  });

  test("is never asked for with a name or a password", async () => {
    expect(await failureOf(fetchGatewayConfig("http://me:hunter2@ai"))).toMatchObject({ code: "gateway_config_invalid", message: "credentials do not belong in the url http://***@ai" });
  });
});

test("balances of quotas that this machine may not read say which grant is missing", async () => {
  const gateway = await startGateway();
  gateway.instead = (_, response) => response.writeHead(403).end(JSON.stringify({ title: "Forbidden" }));
  expect(await failureOf(fetchQuotaBalances(`${gateway.url}/api/quotas`))).toMatchObject({ code: "gateway_quotas_unreadable", remedy: expect.stringContaining('{"role": "admin"}') as string });
});
