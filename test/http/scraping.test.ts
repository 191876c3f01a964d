import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, test, vi } from "vitest";
import { startHttp as startConfigured, type StartedHttp } from "../../src/cli/start-http.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { readHeaderSecret } from "../../src/http/header-secret.ts";
import { LedgerMetrics } from "../../src/http/metrics.ts";
import { serveMetricsPort } from "../../src/http/metrics-port.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { afterEachTest } from "../tidy-up.ts";
import { as, ask, startHttp, startHttpFor } from "./start-http.ts";

const TOKEN = "t".repeat(32);
const bearer = (token: string): { headers: Record<string, string> } => ({ headers: { Authorization: `Bearer ${token}` } });
const token = readHeaderSecret(TOKEN, "the test");
const emptyLake = (): FsStore => new FsStore(temporaryFolder());

const opened: { close(): Promise<void> }[] = [];
afterEachTest(async () => {
  for (const one of opened.splice(0)) await one.close();
});

describe("a token lets a scraper in where http.allow is set", () => {
  test("to the metrics, without a login, and to nothing else", async () => {
    const { server } = await startHttp({ lake: emptyLake(), allow: new Set(["ann@example.com"]), metricsToken: token });
    expect(await ask(server.url, "/metrics", bearer(TOKEN))).toMatchObject({ status: 200, body: expect.stringContaining("aperture_ledger_") as string });
    // As through tailscale serve by a tagged device, under any name.
    expect((await ask(server.url, "/metrics", { headers: { ...bearer(TOKEN).headers, Host: "prometheus.example", "X-Forwarded-For": "100.64.0.9" } })).status).toBe(200);
    for (const path of ["/", "/reports", "/jobs", "/archive/holds", "/readyz", "/metrics/", "/%6Detrics", "/metrics/../reports"]) expect([path, (await ask(server.url, path, bearer(TOKEN))).status]).toEqual([path, 403]);
    expect((await ask(server.url, "/metrics", { method: "POST", ...bearer(TOKEN) })).status).toBe(403);
    expect((await ask(server.url, "/metrics", { headers: { ...as("ann@example.com").headers, Host: "localhost" } })).status).toBe(200);
  });

  test.each([[{}], [bearer(""). headers], [bearer("t".repeat(31)).headers], [bearer("T".repeat(32)).headers], [{ "Tailscale-User-Login": "eve@example.com" }]])("not with %j", async (headers) => {
    const { server } = await startHttp({ lake: emptyLake(), allow: new Set(["ann@example.com"]), metricsToken: token });
    expect((await ask(server.url, "/metrics", { headers: { ...headers, Host: "localhost" } })).status).toBe(403);
  });

  test("also from another machine", async () => {
    const url = await startHttpFor("100.64.0.9", { lake: emptyLake(), allow: new Set(["ann@example.com"]), metricsToken: token });
    expect((await ask(url, "/metrics", bearer(TOKEN))).status).toBe(200);
    expect((await ask(url, "/metrics")).status).toBe(403);
  });
});

describe("a port of its own", () => {
  const parts = () => ({ metrics: new LedgerMetrics({ lake: emptyLake(), queues: [], clock: () => new Date() }), log: pino({ level: "silent" }) });
  async function open(place: Partial<Parameters<typeof serveMetricsPort>[0]> = {}): Promise<string> {
    const { metrics, log } = parts();
    const served = await serveMetricsPort({ host: "127.0.0.1", port: 0, token: undefined, ...place }, metrics, log);
    opened.push(served);
    return served.url;
  }

  test("answers programs of this machine without a token, and no page of a browser", async () => {
    const url = await open();
    expect(await ask(url, "/metrics")).toMatchObject({ status: 200, body: expect.stringContaining("aperture_ledger_") as string });
    for (const headers of [{ Host: "evil.example" }, { Origin: "https://evil.example" }, { "Sec-Fetch-Site": "cross-site" }, { "X-Forwarded-For": "100.64.0.9" }, as("ann@example.com").headers]) {
      expect([headers, (await ask(url, "/metrics", { headers })).status]).toEqual([headers, 403]);
    }
    for (const path of ["/", "/reports", "/healthz", "/jobs", "/metrics/x", "/%"]) expect([path, await ask(url, path)]).toMatchObject([path, { status: 404, body: "there is nothing here\n", headers: { "x-content-type-options": "nosniff" } }]);
    expect((await ask(url, "/metrics", { method: "POST" })).status).toBe(404);
  });

  test("answers whoever has the token, and nobody else", async () => {
    const url = await open({ token, host: "0.0.0.0" });
    const here = url.replace("0.0.0.0", "127.0.0.1");
    expect((await ask(here, "/metrics", { headers: { ...bearer(TOKEN).headers, Host: "worker-0.svc:9464" } })).status).toBe(200);
    expect((await ask(here, "/metrics")).status).toBe(401);
    expect((await ask(here, "/metrics", bearer("x".repeat(32)))).status).toBe(401);
  });

  test("is not opened to others without a token", async () => {
    await expect(open({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("http.metrics.host") as string, remedy: expect.stringContaining("token_file") as string });
  });
});

describe("http.metrics", () => {
  async function start(http: object): Promise<StartedHttp> {
    const config = checkConfig({ sources: [{ name: "prod", url: "file:///nowhere" }], http }, "the test");
    const lake = emptyLake();
    const queue = { name: "jobs", getJobCounts: async () => await Promise.resolve({}) };
    const context = { queues: { jobs: queue, exports: queue }, stores: { lake, archive: lake, sources: [] }, log: pino({ level: "silent" }), clock: () => new Date(), openLedger: async () => await Promise.reject(new Error("no ledger")) };
    const started = await startConfigured(config, {}, context as never);
    opened.push(started);
    return started;
  }

  test("is a mistake where it names neither a port nor a token", async () => {
    await expect(start({ metrics: {} })).rejects.toMatchObject({ code: "config_invalid", remedy: expect.stringContaining("APERTURE_LEDGER_METRICS_TOKEN") as string });
  });

  test("takes a token that is long enough, from a file or from the environment", async () => {
    const file = join(temporaryFolder(), "token");
    await writeFile(file, "short\n");
    await expect(start({ metrics: { port: 0, token_file: file } })).rejects.toMatchObject({ code: "key_unusable" });
    vi.stubEnv("APERTURE_LEDGER_METRICS_TOKEN", TOKEN);
    expect((await start({ metrics: { port: 0, host: "0.0.0.0" } })).url).toBeUndefined();
  });
});
