import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunSummary } from "../../src/run/run-once.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

interface Received {
  kind: string;
  limit: string;
  period: string;
  threshold: string;
  title: string;
}

let server: Server;
let received: Received[];
let folder: string;

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      received.push(JSON.parse(body) as Received);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  folder = temporaryFolder();
});
afterEach(() => server.close());

async function run(sections: Record<string, unknown>, ...args: string[]): Promise<CallResult> {
  const { port } = server.address() as AddressInfo;
  const usual = {
    sources: [{ name: "prod", url: join(folder, "exports") }],
    lake: join(folder, "lake"),
    directory: { teams: [{ name: "payments", members: ["ann@example.com"] }] },
    notify: [{ name: "ops", kind: "webhook", url: `http://127.0.0.1:${String(port)}/hook` }, { name: "log", kind: "stdout" }],
  };
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify({ ...usual, ...sections }));
  return await call(["run", ...args], { cwd: folder });
}

/** Noon of so many days before today. */
function daysAgo(days: number): string {
  return `${new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)}T12:00:00Z`;
}

test("a run tells of the thresholds that a team's budget has reached, each once however often it runs", async () => {
  const year = new Date().getUTCFullYear();
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: `${String(year)}-01-01T12:00:00Z`, dollars: 85 }]);
  const limits = [{ name: "payments this year", scope: { team: "payments" }, amount: 100, per: "year", forecast: false, notify: ["ops", "log"] }];
  const first = await run({ limits });
  expect([first.code, first.stderr.match(/error/i)]).toEqual([0, null]);
  expect(first.stdout).toMatch(/alerts +2 sent, 0 not delivered yet/);
  expect(first.stdout.split("\n").filter((line) => line.includes('"threshold"'))).toHaveLength(2);
  expect(received.map(({ kind, limit, period, threshold }) => [kind, limit, period, threshold]).toSorted()).toEqual([
    ["budget", "payments this year", String(year), "50"],
    ["budget", "payments this year", String(year), "80"],
  ]);

  const again = JSON.parse((await run({ limits }, "--json")).stdout) as RunSummary;
  expect(again.alerts).toEqual({ sent: 0, failed: 0, known: 2 });
  expect(again.limits).toMatchObject([{ name: "payments this year", percent: 85, reached: [50, 80] }]);

  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: `${String(year)}-01-02T12:00:00Z`, dollars: 15 }]);
  expect((JSON.parse((await run({ limits }, "--json")).stdout) as RunSummary).alerts).toEqual({ sent: 1, failed: 0, known: 2 });
  expect(received.map(({ threshold }) => threshold).toSorted()).toEqual(["100", "50", "80"]);
});

test("a run tells of a day that leaves somebody's usual range", async () => {
  const history = Array.from({ length: 14 }, (_, index) => ({ by: "ann@example.com", at: daysAgo(index + 2), dollars: 10 + (index % 3) }));
  writeRequests(join(folder, "exports"), [...history, { by: "ann@example.com", at: daysAgo(1), dollars: 500 }]);
  const { code } = await run({ anomalies: { of: ["team"], minimum: "$20", notify: ["ops"] } });
  expect(code).toBe(0);
  expect(received.map(({ kind, limit, period }) => [kind, limit, period])).toEqual([["anomaly", "team payments", daysAgo(1).slice(0, 10)]]);
});

test("a run tells of yesterday's budget though nobody looked yesterday, and limits shows it with its end", async () => {
  const yesterday = daysAgo(1).slice(0, 10);
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: daysAgo(40), dollars: 5 }, { by: "ann@example.com", at: daysAgo(1), dollars: 5 }]);
  const limits = [{ name: "daily", amount: 1, per: "day", thresholds: [50, 100], forecast: false, notify: ["ops"] }];
  const first = JSON.parse((await run({ limits }, "--json")).stdout) as RunSummary;
  expect(first.limits).toMatchObject([{ name: "daily", percent: 0, reached: [] }]);
  expect(received.map(({ period, threshold }) => `${period} ${threshold}`).toSorted()).toEqual([`${yesterday} 100`, `${yesterday} 50`]);
  expect(received[0]?.title).toMatch(/ % of \$1\.00 was spent in \S+; the day has ended$/);
  expect((JSON.parse((await run({ limits }, "--json")).stdout) as RunSummary).alerts).toEqual({ sent: 0, failed: 0, known: 0 });
  expect(received).toHaveLength(2);

  const { stdout } = await call(["limits"], { cwd: folder });
  expect(stdout).toMatch(new RegExp(`^  ${yesterday} +\\$1\\.00 +\\$5\\.00 .*\n    it ended at \\S+ 00:00 UTC; what it reached was only found after that\n    reached 50 %, 100 %$`, "m"));
  const json = JSON.parse((await call(["limits", "--json"], { cwd: folder })).stdout) as { limits: object[]; ended: object[] };
  expect(json.limits).toMatchObject([{ name: "daily", ended_at: null }]);
  expect(json.ended).toMatchObject([{ name: "daily", period: { name: yesterday }, ended_at: expect.stringMatching(/T00:00:00\.000Z$/) as string, reached: [50, 100], forecast: null }]);
});

test("a target that nobody listens at keeps no run from ending well, and is told later", async () => {
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: `${String(new Date().getUTCFullYear())}-01-01T12:00:00Z`, dollars: 60 }]);
  const limits = [{ name: "all", amount: 100, per: "year", forecast: false, notify: ["dead"] }];
  const dead = { limits, notify: [{ name: "dead", kind: "webhook", url: "http://127.0.0.1:9/hook", timeout_seconds: 1 }], alerts: { within_seconds: 5, retry_minutes: 0.001 } };
  const { code, stdout } = await run(dead);
  expect(code).toBe(0);
  expect(stdout).toMatch(/alerts +0 sent, 1 not delivered yet/);
  const { port } = server.address() as AddressInfo;
  const alive = { ...dead, notify: [{ name: "dead", kind: "webhook", url: `http://127.0.0.1:${String(port)}/hook` }] };
  expect((await run(alive)).stdout).toMatch(/alerts +1 sent, 0 not delivered yet/);
  expect(received.map(({ threshold }) => threshold)).toEqual(["50"]);
});

test("a budget that tells a target that is not there is refused, with its place", async () => {
  const { code, stderr } = await run({ limits: [{ name: "all", amount: 1, per: "day", notify: ["opps"] }] });
  expect(code).toBe(2);
  expect(stderr).toMatch(/notify: has no target opps[\s\S]*limits\[0\]\.notify/);
});
