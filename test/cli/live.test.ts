import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeRequests } from "../request-exports.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";
import { findings } from "./findings.ts";
import { startWorkerProcess } from "./worker-process.ts";

const SECRET = "a-secret-of-a-test-that-is-long-enough";
const ENV = { APERTURE_LEDGER_HOOK_SECRET: SECRET };
/** Nothing listens there. */
const NO_REDIS = "redis://127.0.0.1:9";

/** A place with $3 spent an hour ago, budgets of $10 a year, and hooks. */
function configure(redis: string, more = "hooks: {check_seconds: 1}"): { folder: string; yaml: string } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "exports"));
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: new Date(Date.now() - 3_600_000).toISOString(), dollars: 3 }]);
  const yaml = `sources: [{name: prod, url: ${folder}/exports}]
lake: ${folder}/lake
redis: ${redis}
http: {port: 0}
${more}
notify: [{name: log, kind: stdout}]
dimensions: {repo: X-Github-Repository}
limits:
  - {name: company, amount: 10, per: year, thresholds: [30], notify: [log]}
  - {name: web, amount: 10, per: year, scope: {repo: acme/web}}
`;
  writeFileSync(join(folder, "aperture-ledger.yaml"), yaml);
  return { folder, yaml };
}

async function liveEstimates(url: string): Promise<Record<string, unknown>[]> {
  return ((await (await fetch(`${url}/live`)).json()) as { live_estimates: Record<string, unknown>[] }).live_estimates;
}

/** The summary's texts are the same in each of them. */
const LIVE = /live estimate: \$\d+\.\d\d of \$10\.00 \(\d+\.\d %\); \$\d+\.\d\d of it from 200 requests that hooks reported up to /;

test("a worker takes the hooks of a simulated gateway, and everybody sees the live estimate and its provisional alert", async () => {
  const { folder } = configure(SHARED_REDIS);
  const options = { cwd: folder, env: ENV };
  const worker = startWorkerProcess(["worker", "--config", join(folder, "aperture-ledger.yaml")], ENV);
  await worker.hasSaid("worker started");
  const url = /"url":"(http:[^"]+)"/.exec(worker.log())?.[1] ?? "";
  const sent = await call(["simulate", "--out", join(folder, "simulated"), "--days", "1", "--records", "200", "--hooks", `${url}/hooks/aperture`, "--json"], options);
  expect(sent.stderr).toBe("");
  const { distinct, hooks } = JSON.parse(sent.stdout) as { distinct: { nanodollars: string; unpriced_requests: number }; hooks: { requests: number; calls: number } };
  expect(hooks.requests).toBe(200);
  expect(hooks.calls).toBeGreaterThan(400);
  await worker.hasSaid("provisional alerts raised by live estimates");

  // The gateway has its answer before a request is kept.
  await expect.poll(async () => await liveEstimates(url), { timeout: 60_000 }).toMatchObject([{ name: "company", requests: 200, unpriced_requests: distinct.unpriced_requests, reached: [30] }, { name: "web", spent_usd: null }]);
  const page = await (await fetch(`${url}/live`, { headers: { accept: "text/html" } })).text();
  expect(page).toMatch(LIVE);
  const { stdout: json } = await call(["limits", "--json"], options);
  const [company] = (JSON.parse(json) as { limits: { spent_usd: string; live_estimate: { added_usd: string } }[] }).limits;
  expect(company?.live_estimate.added_usd.replace(/^0*\.?0*|\./g, "")).toBe(distinct.nanodollars);
  const table = (await call(["limits"], options)).stdout;
  expect(table).toMatch(new RegExp(`^ {4}${LIVE.source}`, "m"));
  expect(table).toMatch(/^ {4}no live estimate: hooks do not say repo$/m);
  const status = (await call(["status"], options)).stdout;
  expect(status).toMatch(new RegExp(`^live {9}company \\d{4}: ${LIVE.source}`, "m"));
  expect(status).toMatch(/^hooks {8}\d+ requests that hooks reported were compared with the exports of the same hours/m);
  expect((await call(["alerts"], options)).stdout).toMatch(/sent +provisional live-30: Budget company .* by a live estimate; provisional \(log sent\)/);

  worker.child.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
  expect(worker.log()).not.toContain(SECRET);
  expect(worker.log()).not.toContain("invented prompt");
});

test("without Redis there is no live estimate, and everything else is there", async () => {
  const { folder, yaml } = configure(NO_REDIS);
  const options = { cwd: folder, env: ENV };
  expect((await call(["run"], options)).code).toBe(0);
  const limits = await call(["limits"], options);
  expect(limits.code).toBe(0);
  expect(limits.stdout).toMatch(/^ +\d{4} +\$10\.00 +\$3\.00/m);
  expect(limits.stdout).toMatch(/^ {4}no live estimate: Redis at redis:\/\/127\.0\.0\.1:9 does not answer/m);
  const status = await call(["status", "--json"], options);
  expect(JSON.parse(status.stdout)).toMatchObject({ totals: { requests: 1 }, live: { unavailable: expect.stringContaining("does not answer") as string } });
  const { found } = await findings(yaml, ENV);
  expect(found.filter(({ check }) => check === "hooks")).toMatchObject([{ state: "ok", finding: "the secret is in APERTURE_LEDGER_HOOK_SECRET" }, { state: "attention", finding: expect.stringContaining("there is no live estimate") as string }]);
});

describe("a mistake is said", () => {
  test("by doctor and by the worker, where there is no secret", async () => {
    const { folder, yaml } = configure(SHARED_REDIS);
    const { code, found } = await findings(yaml);
    expect(code).toBe(1);
    expect(found.find(({ check }) => check === "hooks")).toMatchObject({ state: "failed", finding: "hooks is set, but there is no secret that shows who calls", remedy: expect.stringContaining("APERTURE_LEDGER_HOOK_SECRET") as string });
    const worker = startWorkerProcess(["worker", "--config", join(folder, "aperture-ledger.yaml")], {});
    expect(await worker.ended).toBe(2);
    expect(worker.log()).toContain("there is no secret that shows who calls [config_invalid]");
  });

  test.each<[string, Record<string, string>, string[], RegExp]>([
    ["without the secret", {}, ["--hooks", "http://127.0.0.1:9/hooks/aperture"], /--hooks is given without the secret of the receiver/],
    ["with a secret that no header can carry", { APERTURE_LEDGER_HOOK_SECRET: `${SECRET}\n${SECRET}` }, ["--hooks", "http://127.0.0.1:9/hooks/aperture"], /APERTURE_LEDGER_HOOK_SECRET does not hold a secret that a header can carry/],
    ["to something that is no url", ENV, ["--hooks", "127.0.0.1:9"], /--hooks "127\.0\.0\.1:9" is not a url/],
    ["to a port without a server", ENV, ["--hooks", "http://127.0.0.1:9/hooks/aperture"], /did not accept a hook/],
  ])("by simulate %s", async (_, env, flags, message) => {
    const { code, stderr } = await call(["simulate", "--out", temporaryFolder(), "--days", "1", "--records", "3", ...flags], { env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message) as string]);
    expect(stderr).not.toContain(SECRET);
  });
});
