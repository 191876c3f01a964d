import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { readHeaderSecret } from "../../src/http/header-secret.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { as, ask, startHttp } from "./start-http.ts";

const ALLOW: ReadonlySet<string> = new Set(["ann@example.com"]);
const HOST = { Host: "ledger.tail1234.ts.net" };

function place(mode = 0o600): { path: string; mode: number } {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return { path: join(folder, "http.sock"), mode };
}

const lake = (): FsStore => new FsStore(temporaryFolder());

test("a unix socket lets in by the login, with the permissions that are asked for, and is gone afterwards", async () => {
  const socket = place(0o660);
  const { server, lines } = await startHttp({ lake: lake(), allow: ALLOW, socket, port: undefined });
  expect(server.url).toBe(`unix:${socket.path}`);
  expect(statSync(socket.path).mode & 0o777).toBe(0o660);
  expect((await ask(server.url, "/reports", { headers: { ...HOST, ...as("ann@example.com").headers } })).status).toBe(200);
  expect((await ask(server.url, "/reports", { headers: { ...HOST, ...as("eve@example.com").headers } })).status).toBe(403);
  expect((await ask(server.url, "/reports", { headers: { Host: "evil.example", ...as("ann@example.com").headers } })).status).toBe(403);
  expect(lines.join()).not.toContain("trusted from loopback");
  await server.close();
  expect(existsSync(socket.path)).toBe(false);
});

test("a port beside it answers health and believes no login", async () => {
  const { server, lines } = await startHttp({ lake: lake(), allow: ALLOW, socket: place(), port: 0 });
  expect(server.url).toMatch(/^unix:/);
  const beside = lines.map((line) => JSON.parse(line) as { health?: string }).find(({ health }) => health !== undefined)?.health ?? "";
  expect(await ask(beside, "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
  for (const path of ["/", "/reports", "/metrics", "/readyz", "/archive/holds", "/jobs"]) {
    expect((await ask(beside, path, { headers: { ...HOST, ...as("ann@example.com").headers } })).status).toBe(403);
  }
});

test("a socket that a killed worker left is replaced, one that is served is not", async () => {
  const socket = place();
  const dead = createServer();
  await new Promise<void>((resolve) => void dead.listen(socket.path, resolve));
  await expect(startHttp({ lake: lake(), allow: ALLOW, socket })).rejects.toMatchObject({ code: "listen_failed", message: expect.stringContaining("another program listens there") as string });
  dead.unref();
  const kept = `${socket.path}.kept`;
  const { renameSync } = await import("node:fs");
  renameSync(socket.path, kept);
  await new Promise<void>((resolve) => void dead.close(() => resolve()));
  renameSync(kept, socket.path);
  const { server } = await startHttp({ lake: lake(), allow: ALLOW, socket });
  expect((await ask(server.url, "/healthz")).status).toBe(200);
});

test.each([
  ["a folder that others can write to", 0o777, "other accounts can write to this folder"],
  ["a folder of its group", 0o775, "other accounts can write to this folder"],
])("is not made in %s, who could put their own there", async (_, mode, message) => {
  const folder = join(temporaryFolder(), "open");
  mkdirSync(folder);
  chmodSync(folder, mode);
  await expect(startHttp({ lake: lake(), allow: ALLOW, socket: { path: join(folder, "http.sock"), mode: 0o600 } })).rejects.toMatchObject({
    code: "listen_failed",
    message: expect.stringContaining(message) as string,
  });
});

test("takes the place of nothing else", async () => {
  const socket = place();
  writeFileSync(socket.path, "a file");
  await expect(startHttp({ lake: lake(), allow: ALLOW, socket })).rejects.toMatchObject({ code: "listen_failed", message: expect.stringContaining("something else is there") as string });
});

test("where logins are trusted from loopback the worker says at its start what that means, and with a secret it does not", async () => {
  const plain = await startHttp({ lake: lake(), allow: ALLOW });
  expect(plain.lines.join()).toContain("every account of this machine can send any login");
  const word = "k".repeat(40);
  const { server, lines } = await startHttp({ lake: lake(), allow: ALLOW, secret: readHeaderSecret(word, "the test") });
  expect(lines.join()).not.toContain("every account of this machine");
  const headers = { ...HOST, ...as("ann@example.com").headers };
  expect((await ask(server.url, "/reports", { headers })).status).toBe(403);
  expect((await ask(server.url, "/reports", { headers: { ...headers, "Aperture-Ledger-Secret": word } })).status).toBe(200);
  expect(lines.join()).not.toContain(word);
});

test.each([
  [{ socket: "http.sock" }, "an absolute path"],
  [{ socket: "/run/http.sock", socket_mode: "rw" }, "permissions such as 0660"],
  [{ port: 8080, hosts: ["https://ledger.example.com/"] }, "a host as browsers send it"],
  [{ port: 8080, hosts: [] }, "hosts"],
])("the configuration %j is a mistake", (http, message) => {
  expect(() => checkConfig({ http }, "the test")).toThrow(message);
});

test("a configuration with a socket needs no port, and the socket is its own account's unless it says otherwise", () => {
  expect(checkConfig({ http: { socket: "/run/http.sock", allow: ["ann@example.com"] } }, "the test").http).toMatchObject({ socket: "/run/http.sock", socket_mode: "0600" });
});
