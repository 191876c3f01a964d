import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { Redis } from "ioredis";
import pino from "pino";
import { describe, expect, test } from "vitest";
import type { HookDoor, HookOutcome } from "../../src/http/hooks/hook-door.ts";
import { readHeaderSecret } from "../../src/http/header-secret.ts";
import { LiveIntake } from "../../src/limits/live/live-intake.ts";
import type { ArrivedRequest } from "../../src/limits/live/live-requests.ts";
import { RedisLiveRequests } from "../../src/queue/live/redis-live-requests.ts";
import { keyPrefix } from "../../src/queue/redis-connection.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { ask, type Answer, startHttp, startHttpFor } from "./start-http.ts";

const SECRET = "s".repeat(32);
const NOW = new Date("2026-10-08T12:00:30Z");
const PATH = "/hooks/aperture";
const PROMPT = "a prompt that nobody keeps";
const BEARER = { authorization: `Bearer ${SECRET}` };

interface Taken {
  url: string;
  arrived: ArrivedRequest[];
  outcomes: HookOutcome[];
  lines: string[];
}

async function startDoor(changes: Partial<HookDoor> = {}): Promise<Taken> {
  const [arrived, outcomes]: [ArrivedRequest[], HookOutcome[]] = [[], []];
  const door: HookDoor = { largestBytes: 4096, gateways: ["prod"], add: (one) => arrived.push(one) > 0, observe: (outcome) => outcomes.push(outcome), clock: () => NOW, ...changes };
  const { server, lines } = await startHttp({ lake: new FsStore(temporaryFolder()), hookSecret: readHeaderSecret(SECRET, "the test"), hooks: { door, look: () => Promise.resolve([]) } });
  return { url: server.url, arrived, outcomes, lines };
}

function callOf(requestId: string, dollars?: number): string {
  return JSON.stringify({ metadata: { login_name: "ann@example.com", model: "claude-opus-4-8", provider: "anthropic", request_id: requestId, ...(dollars === undefined ? {} : { estimated_cost: { dollars } }) }, user_message: PROMPT, request_body: { messages: [PROMPT] } });
}

async function post(url: string, body: string, headers: Record<string, string | string[]> = BEARER, path = PATH): Promise<Answer> {
  return await ask(url, path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
}

test.each([[BEARER], [{ authorization: `bearer  ${SECRET}` }], [{ "x-api-key": SECRET }]])("a call with %j is allowed, whatever event it is for", async (headers) => {
  const { url, arrived, outcomes } = await startDoor();
  const { status, body } = await post(url, callOf("r", 0.5), headers);
  expect([status, JSON.parse(body)]).toEqual([200, { action: "allow" }]);
  expect(arrived).toEqual([{ requestId: "r", login: "ann@example.com", provider: "anthropic", model: "claude-opus-4-8", cost: 500_000_000n, instance: "prod", at: NOW }]);
  expect(outcomes).toEqual(["counted"]);
});

describe("without the secret nothing is taken", () => {
  test.each<[string, Record<string, string | string[]>]>([
    ["none", {}],
    ["another", { authorization: `Bearer ${"t".repeat(32)}` }],
    ["a part of it", { "x-api-key": SECRET.slice(1) }],
    ["another scheme", { authorization: `Basic ${SECRET}` }],
    ["two", { ...BEARER, "x-api-key": SECRET }],
    ["that of a login", { "Tailscale-User-Login": "ann@example.com" }],
  ])("%s", async (_, headers) => {
    const { url, arrived } = await startDoor();
    const { status, body } = await post(url, callOf("r"), headers);
    expect([status, arrived]).toEqual([401, []]);
    expect(body).not.toContain(SECRET);
  });

  test("by another spelling of the path, which those may use that the pages are for", async () => {
    const { url, arrived } = await startDoor();
    const paths = ["/hooks/%61perture", "/hooks/%61perture?gateway=prod", `${url}${PATH}`];
    expect((await Promise.all(paths.map(async (path) => await post(url, callOf("r"), {}, path)))).map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(arrived).toEqual([]);
  });

  test("and where hooks are not configured there is nothing", async () => {
    const { server } = await startHttp({ lake: new FsStore(temporaryFolder()) });
    expect((await post(server.url, callOf("r"))).status).toBe(404);
  });
});

test("the gateway is let in from another machine, and to nothing else", async () => {
  const arrived: ArrivedRequest[] = [];
  const door: HookDoor = { largestBytes: 4096, gateways: ["prod"], add: (one) => arrived.push(one) > 0, observe: () => undefined, clock: () => NOW };
  const url = await startHttpFor("100.64.0.7", { lake: new FsStore(temporaryFolder()), hookSecret: readHeaderSecret(SECRET, "the test"), hooks: { door, look: () => Promise.resolve([]) } });
  expect((await post(url, callOf("r"), { ...BEARER, "x-forwarded-for": "100.64.0.9", "host": "ledger.tail1.ts.net" })).status).toBe(200);
  expect(arrived).toHaveLength(1);
  const others = [ask(url, PATH, { headers: BEARER }), ask(url, "/live", { headers: BEARER }), ask(url, "/reports", { headers: BEARER }), post(url, "{}", BEARER, "/archive/holds"), post(url, "{}", BEARER, "/hooks//aperture")];
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
});

test.each<[string, string, number]>([
  ["no JSON", `{"${PROMPT}`, 400],
  ["no metadata", JSON.stringify({ user_message: PROMPT }), 400],
  ["no request id", JSON.stringify({ metadata: { login_name: PROMPT } }), 400],
  ["more than is read", callOf(PROMPT.repeat(400)), 413],
])("%s is refused, and nothing of it is quoted", async (_, body, status) => {
  const { url, arrived, outcomes, lines } = await startDoor();
  const answer = await post(url, body);
  expect([answer.status, arrived, outcomes]).toEqual([status, [], ["unreadable"]]);
  expect(answer.body + lines.join("")).not.toContain(PROMPT.slice(0, 12));
});

test("of several gateways the url says which", async () => {
  const { url, arrived } = await startDoor({ gateways: ["prod", "west"] });
  const answers = await Promise.all([post(url, callOf("a")), post(url, callOf("b"), BEARER, `${PATH}?gateway=west`), post(url, callOf("c"), BEARER, `${PATH}?gateway=east`)]);
  expect(answers.map(({ status }) => status)).toEqual([400, 200, 400]);
  expect(answers[0]?.body).toContain("the sources are prod, west");
  expect(arrived.map(({ instance, requestId }) => `${instance} ${requestId}`)).toEqual(["west b"]);
});

test("thousands of calls at once, each told three times, are one sum, and Redis and log have metadata only", async () => {
  const redis = new Redis(SHARED_REDIS);
  const lakeUrl = `file:///${randomUUID()}`;
  const requests = new RedisLiveRequests(redis, { lakeUrl, keepHours: 24, clock: () => NOW });
  const intake = new LiveIntake(requests, pino({ level: "silent" }));
  const { url, lines, outcomes } = await startDoor({ add: (one) => intake.add(one) });
  const bodies = Array.from({ length: 1000 }, (_, index) => [callOf(`r${String(index)}`), callOf(`r${String(index)}`, 0.000001 * index), callOf(`r${String(index)}`, 0.000001 * index)]).flat();
  await postAll(url, bodies);
  await intake.close();
  const { sums } = await requests.sumsFrom(NOW);
  // 0 + 1 + … + 999 millionths of a dollar.
  expect(sums).toEqual([expect.objectContaining({ requests: 1000, unpriced: 0, cost: 499_500_000n })]);
  expect(outcomes).toHaveLength(3000);
  const kept = await everythingOf(redis, lakeUrl);
  expect(kept).toContain("ann@example.com");
  expect(kept + lines.join("")).not.toContain(PROMPT);
  expect(lines.join("")).not.toContain("ann@example.com");
  redis.disconnect();
});

async function postAll(url: string, bodies: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const statuses = await Promise.all(bodies.map((body) => new Promise((resolve, reject) => {
    const asked = request(`${url}${PATH}`, { method: "POST", agent, headers: { ...BEARER, "content-type": "application/json" } }, (answer) => void answer.resume().once("end", () => resolve(answer.statusCode)));
    asked.once("error", reject).end(body);
  })));
  agent.destroy();
  expect(new Set(statuses)).toEqual(new Set([200]));
}

async function everythingOf(redis: Redis, lakeUrl: string): Promise<string> {
  const keys = (await redis.keys("*")).filter((key) => key.startsWith(`${keyPrefix(lakeUrl)}:`));
  const hashes = await Promise.all(keys.filter((key) => !key.endsWith(":since")).map(async (key) => await redis.hgetall(key)));
  return JSON.stringify([keys, hashes]);
}
