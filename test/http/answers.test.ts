import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { probeRedis } from "../../src/queue/probe-redis.ts";
import { HookedStore } from "../hooked-store.ts";
import { freePorts } from "../services/service-processes.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { as, ask, startHttp, startHttpFor } from "./start-http.ts";

const ALLOW: ReadonlySet<string> = new Set(["ann@example.com"]);

function emptyLake(): FsStore {
  return new FsStore(temporaryFolder());
}

function failingLake(error: Error): ObjectStore {
  return new HookedStore(emptyLake(), () => {
    throw error;
  });
}

describe("health", () => {
  test("is ready where Redis and the lake answer", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    expect(await ask(server.url, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    const { status, body } = await ask(server.url, "/readyz");
    expect([status, JSON.parse(body)]).toEqual([200, { ready: true, redis: { ok: true }, lake: { ok: true } }]);
  });

  test("is alive and not ready where Redis is down", async () => {
    const [closed = 0] = await freePorts(1);
    const checkRedis = async (): Promise<void> => void (await probeRedis(`redis://:secret@127.0.0.1:${closed}`));
    const { server } = await startHttp({ lake: emptyLake(), checkRedis });
    expect((await ask(server.url, "/healthz")).status).toBe(200);
    const { status, body } = await ask(server.url, "/readyz");
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ ready: false, redis: { ok: false, code: "storage_unavailable" }, lake: { ok: true } });
    expect(body).not.toContain("secret");
  });

  test("says with the ledger's code that the lake cannot be listed, and nothing of what is behind it", async () => {
    const denied = new LedgerError("storage_denied", "s3://lake cannot be listed", { remedy: "", cause: new Error("hidden") });
    const { server } = await startHttp({ lake: failingLake(denied) });
    const { status, body } = await ask(server.url, "/readyz");
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ redis: { ok: true }, lake: { ok: false, code: "storage_denied", message: "s3://lake cannot be listed" } });
    expect(body).not.toContain("hidden");
  });
});

describe("who is let in", () => {
  test("a user of this machine, to everything", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    for (const path of ["/", "/jobs", "/reports", "/metrics", "/readyz"]) expect((await ask(server.url, path)).status).toBe(200);
    expect(await ask(server.url, "/nothing")).toMatchObject({ status: 404 });
  });

  test("nobody who came through tailscale serve before there is an allow list", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    for (const path of ["/", "/jobs", "/jobs/static/favicon.ico", "/reports", "/metrics", "/readyz", "/nothing", "/%ZZ"]) {
      expect(await ask(server.url, path, as("ann@example.com"))).toMatchObject({ status: 403, body: expect.stringContaining("http.allow") as string });
    }
    expect((await ask(server.url, "/healthz", as("ann@example.com"))).status).toBe(200);
  });

  test("no tagged device either, which comes through it without a login", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    const headers = { "X-Forwarded-For": "100.64.0.9", Host: "localhost" };
    expect((await ask(server.url, "/reports", { headers })).status).toBe(403);
  });

  test("no page of another name in this machine's browser", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    expect((await ask(server.url, "/reports", { headers: { Host: "evil.example" } })).status).toBe(403);
  });

  test("those on the list, and only by one header", async () => {
    const { server } = await startHttp({ lake: emptyLake(), allow: ALLOW });
    const host = { Host: "ledger.tail1234.ts.net" };
    expect((await ask(server.url, "/jobs", { headers: { ...host, "Tailscale-User-Login": "Ann@example.com" } })).status).toBe(200);
    expect((await ask(server.url, "/jobs", { headers: { ...host, "Tailscale-User-Login": "eve@example.com" } })).status).toBe(403);
    const twice = { "Tailscale-User-Login": ["ann@example.com", "ann@example.com"] };
    expect((await ask(server.url, "/jobs", { headers: { ...host, ...twice } })).status).toBe(403);
    expect((await ask(server.url, "/jobs", { headers: host })).status).toBe(403);
    expect((await ask(server.url, "/healthz", { headers: host })).status).toBe(200);
  });

  test("a change to jobs by the board and by no other site", async () => {
    const { server, queue } = await startHttp({ lake: emptyLake() });
    const pause = async (headers: Record<string, string>): Promise<number> =>
      (await ask(server.url, "/jobs/api/queues/exports/pause", { method: "PUT", headers })).status;
    expect(await pause({ "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await pause({ Origin: "http://evil.example" })).toBe(403);
    expect(await queue.isPaused()).toBe(false);
    expect(await pause({ "Sec-Fetch-Site": "same-origin", Origin: server.url })).toBe(200);
    expect(await queue.isPaused()).toBe(true);
  });
});

describe("from another machine", () => {
  const claims = { "Tailscale-User-Login": "ann@example.com", "X-Forwarded-For": "127.0.0.1", Forwarded: "for=127.0.0.1", Host: "localhost" };

  test.each(["100.64.0.9", "192.168.1.7", "::ffff:10.0.0.1", "2001:db8::1"])("such as %s only health is answered, whatever the headers claim", async (peer) => {
    const url = await startHttpFor(peer, { lake: emptyLake(), allow: ALLOW });
    expect((await ask(url, "/healthz")).status).toBe(200);
    for (const path of ["/", "/readyz", "/metrics", "/jobs", "/reports", "/%ZZ"]) {
      expect((await ask(url, path, { headers: claims })).status).toBe(403);
    }
  });

  test("is told by the connection alone: the same request from this machine is let in", async () => {
    const url = await startHttpFor("127.0.0.1", { lake: emptyLake(), allow: ALLOW });
    expect((await ask(url, "/", { headers: claims })).status).toBe(200);
  });
});

describe("listening", () => {
  test.each(["0.0.0.0", "::", "100.64.0.9", "ledger.example.com"])("on %s takes an allow list", async (host) => {
    await expect(startHttp({ lake: emptyLake(), host })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(host) as string,
      remedy: expect.stringContaining("http.allow") as string,
    });
  });

  test.each([["127.0.0.1"], ["localhost"], ["::1"], ["[::1]"]])("on %s tells its url", async (host) => {
    const { server } = await startHttp({ lake: emptyLake(), host });
    expect((await ask(server.url, "/readyz")).status).toBe(200);
  });

  test("on a port that is taken names it", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    const { port } = new URL(server.url);
    await expect(startHttp({ lake: emptyLake(), port: Number(port) })).rejects.toMatchObject({
      code: "listen_failed",
      message: expect.stringContaining(port) as string,
      remedy: expect.stringContaining("another") as string,
    });
  });

  test("ends, and frees the port", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    await ask(server.url, "/healthz");
    await server.close();
    await expect(ask(server.url, "/healthz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("every answer", () => {
  test("tells browsers to keep nothing, guess nothing and show it in no frame", async () => {
    const { server } = await startHttp({ lake: emptyLake() });
    const paths = ["/", "/healthz", "/readyz", "/metrics", "/jobs", "/jobs/static/favicon.ico", "/jobs/api/queues", "/reports", "/nothing", "/%ZZ"];
    for (const path of paths) {
      const { headers } = await ask(server.url, path);
      expect(headers, path).toMatchObject({
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "content-security-policy": expect.stringContaining("frame-ancestors 'none'") as string,
      });
    }
    expect((await ask(server.url, "/reports", as("ann@example.com"))).headers["cache-control"]).toBe("no-store");
  });

  test("to something that broke shows nothing of it, and the log does", async () => {
    const { server, lines } = await startHttp({ lake: failingLake(new TypeError("a bug with hidden facts")) });
    const { status, body } = await ask(server.url, "/reports");
    expect([status, body]).toEqual([500, "this failed; the worker's log says why\n"]);
    expect(lines.join("")).toContain("a bug with hidden facts");
  });

  test("to something that the store cannot give has the ledger's words", async () => {
    const { server } = await startHttp({ lake: failingLake(new LedgerError("storage_unavailable", "s3://lake is away", { remedy: "" })) });
    expect(await ask(server.url, "/reports")).toMatchObject({ status: 503, body: "storage_unavailable: s3://lake is away\n" });
  });

  test("is logged by its route alone", async () => {
    const { server, lines } = await startHttp({ lake: emptyLake(), allow: ALLOW });
    const secret = randomUUID();
    await ask(server.url, `/reports/2026-10/${secret}.html?token=${secret}`, { headers: { "Tailscale-User-Login": "ann@example.com", Cookie: secret } });
    await server.close();
    const answered = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ msg }) => msg === "request answered");
    expect(answered).toMatchObject({ method: "GET", route: "/reports/*", status: 404, milliseconds: expect.any(Number) as number });
    expect(lines.join("")).not.toMatch(new RegExp(`${secret}|ann@example`));
  });
});
