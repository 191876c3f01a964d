import { connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { until } from "../deploy/processes.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { type Answer, ask, startHttp } from "./start-http.ts";

/** Far below what is served with, so that no test waits; how long anything takes is not asserted. */
const LIMITS = { headersMs: 300, requestMs: 600, lookMs: 50, stallMs: 300, slowestBytesPerSecond: 1 << 24 };

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A client that sends what it is told and reads nothing. */
async function connectTo(url: string, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
  socket.on("error", () => undefined).pause();
  socket.write(text);
  return socket;
}

/** Whether the worker ended the connection: what it sent has to be read to find out. */
async function untilEnded(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => void socket.once("close", () => resolve()).resume());
}

async function lakeWithReport(bytes: number): Promise<FsStore> {
  const lake = new FsStore(temporaryFolder());
  await lake.replace("reports/2026-10/usage.parquet", Buffer.alloc(bytes));
  return lake;
}

test("a request whose headers or body do not come to an end is dropped", async () => {
  const { server } = await startHttp({ lake: await lakeWithReport(1), limits: LIMITS });
  const silent = await connectTo(server.url, "");
  const headers = await connectTo(server.url, "GET / HTTP/1.1\r\nHost: localhost\r\n");
  const body = await connectTo(server.url, 'POST /archive/holds HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"');
  await Promise.all([silent, headers, body].map(untilEnded));
  expect((await ask(server.url, "/readyz")).status).toBe(200);
});

test("a client that asks for a large report and does not read is dropped, which the log says", async () => {
  const bytes = 64 << 20;
  const { server, lines } = await startHttp({ lake: await lakeWithReport(bytes), limits: LIMITS });
  const { hostname, port } = new URL(server.url);
  const deaf = await connectTo(server.url, `GET /reports/2026-10/usage.parquet HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
  await until("the answer is given up", () => lines.some((line) => line.includes("not read in time")));
  let read = 0;
  deaf.on("data", (piece: Buffer) => void (read += piece.byteLength));
  await untilEnded(deaf);
  expect(read).toBeLessThan(bytes);
});

test("more reports than are sent at once are not fetched, and one that is read is sent whole", async () => {
  const bytes = 16 << 20;
  const { server } = await startHttp({ lake: await lakeWithReport(bytes) });
  const asked = `GET /reports/2026-10/usage.parquet HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\n\r\n`;
  const deaf = await Promise.all(Array.from({ length: 16 }, async () => await connectTo(server.url, asked)));
  await until("there is no room", async () => (await ask(server.url, "/reports/2026-10/usage.parquet")).status === 503);
  for (const socket of deaf) socket.destroy();
  let answer: Answer | undefined;
  await until("there is room", async () => (answer = await ask(server.url, "/reports/2026-10/usage.parquet")).status === 200);
  expect(answer?.body.length).toBe(bytes);
});

test("more connections than there is room for are closed, and there is room again when one ends", async () => {
  const { server } = await startHttp({ lake: await lakeWithReport(1), limits: { ...LIMITS, headersMs: 60_000, requestMs: 60_000, connections: 3 } });
  const held = await Promise.all([0, 1, 2].map(async () => await connectTo(server.url, "GET /")));
  await untilEnded(await connectTo(server.url, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  held[0]?.destroy();
  let status = 0;
  await until("there is room", async () => (status = await ask(server.url, "/healthz").then((answer) => answer.status, () => 0)) === 200);
  expect(status).toBe(200);
});
