import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeWithFixtures } from "../fixtures.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

const MONTH = "2026-10";
const CONFIG = `{
  "providers": { "anthropic": { "models": ["claude-opus-4-8"] } },
  "quotas": {
    "daily:<user>": { "capacity": "$10.00", "rate": "$5.00/day" },
    "team": { "capacity": "$100.00", "rate": "$30.00/month" },
  },
  "grants": [
    { "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }, { "models": "**", "quotas": [{ "bucket": "daily:<user>" }] }] } },
  ],
}`;
const POLICY = `{ "groups": { "group:web": ["bob@example.com"] },
  "grants": [{ "src": ["group:web"], "dst": ["ai"], "app": { "tailscale.com/cap/aperture": [{ "models": "*/claude-opus*", "quotas": [{ "bucket": "team" }] }] } }] }`;

let folder: string;

function prepare(place: string): void {
  folder = place;
  writeFileSync(join(folder, "gateway.hujson"), CONFIG);
  writeFileSync(join(folder, "policy.hujson"), POLICY);
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: `${MONTH}-05T12:00:00Z`, dollars: 12 },
    { by: "ann@example.com", at: `${MONTH}-05T13:00:00Z`, dollars: 1 },
    { by: "bob@example.com", at: `${MONTH}-06T12:00:00Z`, dollars: 4 },
    { by: "bob@example.com", at: `${MONTH}-06T12:00:01Z`, dollars: null },
  ]);
  configure({});
}

function configure(aperture: Record<string, string>): void {
  const config = { sources: [{ name: "prod", url: "exports" }], lake: join(folder, "lake"), aperture: { config: "gateway.hujson", ...aperture }, directory: { policy: "policy.hujson" } };
  writeFileSync(join(folder, "aperture-ledger.yaml"), stringify(config));
}

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ledger(...args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

interface Bucket {
  bucket: string;
  recorded: { samples: number; last: { replayed_usd: string | null; drift_usd: string | null } } | null;
}

async function bucketsOf(...args: string[]): Promise<Bucket[]> {
  return (JSON.parse(await succeed("limits", "quotas", "--json", ...args)) as { buckets: Bucket[] }).buckets;
}

describe("limits", () => {
  beforeAll(async () => {
    prepare(mkdtempSync(join(tmpdir(), "aperture-ledger-test-")));
    await succeed("run");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("quotas replays the recorded requests, by the grants of gateway and policy", async () => {
    expect(await bucketsOf("--month", MONTH)).toMatchObject([
      {
        instance: "prod", bucket: "daily:ann@example.com", quota: "daily:<user>", capacity_usd: "10.000000000", rate_usd: "5.000000000", rate_unit: "day",
        requests: 2, charged_usd: "13.000000000", lowest_usd: "-2.791666667", lowest_at: `${MONTH}-05T13:00:00.000Z`, rejected: 0, would_reject: 1, last_usd: "10.000000000", recorded: null,
        hours: [{ hour: `${MONTH}-05T12:00:00.000Z`, lowest_usd: "-2.000000000" }, { hour: `${MONTH}-05T13:00:00.000Z`, lowest_usd: "-2.791666667" }],
        // an hour and $2.791666… at $5 a day
        empty_minutes: 864,
      },
      { bucket: "daily:bob@example.com", requests: 2, charged_usd: "4.000000000", lowest_usd: "6.000000000" },
      { bucket: "team", requests: 2, charged_usd: "4.000000000", rate_unit: "month" },
    ]);
    const text = await succeed("limits", "quotas", "--month", MONTH, "--bucket", "daily:<user>");
    expect(text).toMatch(/2026-10 in UTC, replayed until 2026-11-01T00:00:00\.000Z: 2 buckets\n/);
    expect(text).toMatch(/daily:ann@example\.com of prod: \$10\.00 at most, \$5\.00\/day\n +2 requests charged \$13\.00, \$10\.00 left/);
    expect(text).not.toContain("team");
  });

  test("quotas of some days begins with what the days before left", async () => {
    const [ann] = await bucketsOf("--from", `${MONTH}-06`, "--to", `${MONTH}-06`);
    expect(ann).toMatchObject({ bucket: "daily:ann@example.com", requests: 0, charged_usd: "0.000000000", lowest_usd: "-0.500000000", lowest_at: `${MONTH}-06T00:00:00.000Z`, last_usd: "4.500000000" });
  });

  test.each<[string, string[], RegExp]>([
    ["a month that is none", ["--month", "2026-13"], /is not a month/],
    ["a day that is none", ["--from", "2026-02-30"], /"2026-02-30" is not a day/],
    ["month and days", ["--month", MONTH, "--from", "2026-10-01"], /together/],
    ["an end without a beginning", ["--to", "2026-10-01"], /--to is given without --from/],
    ["an end before the beginning", ["--from", "2026-10-02", "--to", "2026-10-01"], /no time in it/],
    ["a lake that has kept no configuration", ["--lake", "elsewhere"], /the quotas of the gateways are unknown/],
  ])("quotas refuses %s", async (_, flags, message) => {
    const { code, stderr } = await ledger("limits", "quotas", ...flags);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test("what-if says what another rate would have stopped, beside what the configured one would", async () => {
    const out = JSON.parse(await succeed("limits", "what-if", "--bucket", "daily:<user>", "--rate", "$1/week", "--capacity", "$3", "--month", MONTH, "--json")) as object;
    expect(out).toMatchObject({
      bucket: "daily:<user>",
      as_configured: { stopped: { requests: 1, cost_usd: "1.000000000" } },
      supposed: { rules: [{ capacity_usd: "3.000000000", rate_usd: "1.000000000", rate_unit: "week" }], stopped: { requests: 2, cost_usd: "1.000000000", unpriced_requests: 1 }, allowed: { requests: 0 } },
    });
    expect(await succeed("limits", "what-if", "--bucket", "daily:bob@example.com", "--rate", "$0/min", "--capacity", "$3", "--month", MONTH)).toMatch(
      /configured +\$10\.0+ at most, \$5\.0+\/day\n +stops 0 requests[\s\S]*supposed +\$3\.0+ at most, \$0\.0+\/min\n +stops 1 requests that cost \$0\.0+, 1 of them without a price/,
    );
  });

  test.each<[string, string[], RegExp]>([
    ["an unknown unit", ["--bucket", "team", "--rate", "$1/year"], /--rate: "\$1\/year" has the unit "year"/],
    ["a negative capacity", ["--bucket", "team", "--rate", "$1/day", "--capacity", "-1"], /--capacity: "-1" is negative/],
    ["a bucket that is not there", ["--bucket", "daily", "--rate", "$1/day"], /no bucket "daily"[\s\S]*daily:<user>, team/],
    ["no rate", ["--bucket", "team"], /--rate/],
  ])("what-if refuses %s", async (_, flags, message) => {
    const { code, stderr } = await ledger("limits", "what-if", "--month", MONTH, ...flags);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe("quotas that cannot be meant", () => {
  beforeEach(() => prepare(temporaryFolder()));

  test("are named with line and column by doctor and at start, and a run goes on", async () => {
    writeFileSync(join(folder, "gateway.hujson"), CONFIG.replace('"team":', '"daily:<node>": { "capacity": "$1", "rate": "$1/min" },\n    "tea":'));
    const { code, stderr } = await ledger("run");
    expect(code).toBe(0);
    const { stdout } = await ledger("doctor");
    for (const told of [stderr, stdout]) {
      expect(told).toMatch(/no grant uses the bucket daily:<node> \(line 5, column 5\)/);
      expect(told).toMatch(/no grant uses the bucket tea \(line 6, column 5\)/);
      expect(told).toMatch(/policy grants\[0\] \(line 2, column 14\) names the bucket team, which is not in quotas/);
      expect(told).toMatch(/daily:<user> \(line 4, column 5\) and daily:<node> \(line 5, column 5\) may have the same name/);
    }
    expect(stdout).toMatch(/^ok +quotas: 3 buckets in gateway\.hujson: daily:<user> \(\$10\.0+ at most, \$5\.0+\/day\)/m);
  });

  test("such as an unknown unit stop a run, and doctor says where", async () => {
    writeFileSync(join(folder, "gateway.hujson"), CONFIG.replace("/day", "/year"));
    const message = /quotas\.daily:<user>\.rate: "\$5\.00\/year" has the unit "year".* at line 4, column 53/;
    expect(await ledger("run")).toMatchObject({ code: 1, stderr: expect.stringMatching(message) as string });
    expect(await ledger("doctor")).toMatchObject({ code: 1, stdout: expect.stringMatching(message) as string });
  });
});

describe("GET /api/quotas", () => {
  let server: Server;
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    prepare(temporaryFolder());
    server = createServer((_, response) => answer(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    configure({ quotas: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/quotas` });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const samples = (): string[] => {
    try {
      return readdirSync(join(folder, "lake/_ledger/quotas/prod"));
    } catch {
      return [];
    }
  };

  test("is kept with each run, and the replay's drift from it is shown", async () => {
    const left = [{ name: "daily:Ann@example.com", balance: 9_500_000_000 }, { name: "daily:zoe@example.com", balance: 1 }];
    answer = (response) => response.end(JSON.stringify({ quotas: left }));
    const day = new Date().toISOString().slice(0, 10);
    await succeed("run");
    await succeed("run");
    expect(samples()).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(folder, "lake/_ledger/quotas/prod", samples()[0]!), "utf8"))).toMatchObject({ balances: [{ bucket: "daily:Ann@example.com", balance_usd: "9.500000000" }, { bucket: "daily:zoe@example.com", balance_usd: "0.000000001" }] });
    const shown = JSON.parse(await succeed("limits", "quotas", "--from", "2026-10-01", "--json")) as { buckets: Bucket[]; recorded_only: object[] };
    expect(day >= "2026-10-08").toBe(true);
    expect(shown.buckets[0]).toMatchObject({ bucket: "daily:ann@example.com", recorded: { samples: 2, last: { recorded_usd: "9.500000000", replayed_usd: "10.000000000", drift_usd: "-0.500000000" } } });
    expect(shown.recorded_only).toMatchObject([{ bucket: "daily:zoe@example.com", last: { replayed_usd: null, drift_usd: null } }]);
    const text = await succeed("limits", "quotas", "--from", "2026-10-01");
    expect(text).toMatch(/the gateway said \$9\.50 at .*; the replay has \$10\.00, drift -\$0\.50, at most -\$0\.50 in 2 samples/);
    expect(text).toMatch(/bucket +daily:zoe@example\.com of prod\n +the gateway said .*; no request for it is in the ledger/);
    expect(await succeed("doctor")).toMatch(/^ok +quota balances: 2 balances in http/m);
  });

  test.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["answers 500", (response) => response.writeHead(500).end(), /HTTP 500/],
    ["answers something else", (response) => response.end('{"error": "x"}'), /gateway_quotas_invalid/],
  ])("that %s is a warning, and nothing is kept", async (_, behaviour, message) => {
    answer = behaviour;
    const { code, stdout, stderr } = await ledger("run");
    expect([code, stderr]).toEqual([0, expect.stringMatching(message)]);
    expect(stdout).toMatch(/4 requests/);
    expect(samples()).toEqual([]);
  });

  test("that hangs, before its answer or in the middle of it, is a warning, and nothing is kept", async () => {
    server.removeAllListeners("request").on("request", ({ url }, response) => void (url?.endsWith("middle") && response.write('{"quotas": [')));
    const { port } = server.address() as AddressInfo;
    writeRequests(join(folder, "others"), [{ by: "ann@example.com", at: `${MONTH}-05T12:00:00Z`, dollars: 12 }]);
    const sources = [["before", "exports"], ["middle", "others"]].map(([name = "", url]) => ({ name, url, quotas: `http://127.0.0.1:${String(port)}/${name}` }));
    writeFileSync(join(folder, "aperture-ledger.yaml"), stringify({ sources, lake: join(folder, "lake"), aperture: { config: "gateway.hujson" }, directory: { policy: "policy.hujson" } }));
    const { code, stdout, stderr } = await ledger("run");
    expect(code).toBe(0);
    const warned = stderr.split("\n").flatMap((line) => (line.includes("gateway_quotas_unreadable") ? [(JSON.parse(line) as { instance: string }).instance] : []));
    expect(warned.toSorted()).toEqual(["before", "middle"]);
    expect(stdout).toMatch(/5 requests/);
    expect(readdirSync(join(folder, "lake/_ledger"))).not.toContain("quotas");
  }, 600_000);

  test("that cannot be reached is something doctor wants attention for, and no failure", async () => {
    answer = (response) => response.writeHead(503).end();
    expect(await ledger("doctor")).toMatchObject({ code: 0, stdout: expect.stringMatching(/attention quota balances: .*HTTP 503/) as string });
  });
});

test("limits quotas shows a chain of overdrafts, and funds that were added as a step", async () => {
  prepare(temporaryFolder());
  const chained = CONFIG.replace('"bucket": "daily:<user>"', '"bucket": "daily:<user>", "overdraft": ["team"]');
  writeFileSync(join(folder, "gateway.hujson"), chained);
  await succeed("run");
  const place = join(folder, "lake/_ledger/quotas/prod");
  mkdirSync(place, { recursive: true });
  // Ann's $12.00 take 10 of her bucket and 2 of the team's. An hour refills 0.208333333 and a third; her $1.00
  // takes all of it but the third, the team's bucket the rest. Half an hour later there are 0.104166667, and 5.00 more that were added.
  for (const [time, balance] of [["12:30:00", "0.104166666"], ["13:30:00", "5.104166667"]] as const) {
    const sample = { format: 1, taken_at: `${MONTH}-05T${time}.000Z`, balances: [{ bucket: "daily:ann@example.com", balance_usd: balance }] };
    writeFileSync(join(place, `${MONTH}-05T${time.replaceAll(":", "-")}.000Z.json`), JSON.stringify(sample));
  }
  const span = ["--from", `${MONTH}-05`, "--to", `${MONTH}-05`];
  const text = await succeed("limits", "quotas", ...span);
  expect(text).toMatch(/^chain +daily:ann@example\.com, then team of prod\n +2 requests, \$\d+\.\d{2} left together; 0 let through although the chain is blocked in the replay$/m);
  expect(text).toMatch(/^ +raised by \$5\.00 between 2026-10-05T12:30:00\.000Z and 2026-10-05T13:30:00\.000Z: funds were added, or a balance was set$/m);
  const { buckets, chains } = JSON.parse(await succeed("limits", "quotas", ...span, "--json")) as { buckets: object[]; chains: object[] };
  expect(buckets).toMatchObject([
    { bucket: "daily:ann@example.com", charged_usd: "10.208333333", recorded: { samples: 2, last: { drift_usd: "0.000000000" }, steps: [{ after: `${MONTH}-05T12:30:00.000Z`, before: `${MONTH}-05T13:30:00.000Z`, amount_usd: "5.000000000" }] } },
    { bucket: "team", charged_usd: "2.791666667" },
  ]);
  expect(chains).toEqual([expect.objectContaining({ instance: "prod", buckets: ["daily:ann@example.com", "team"], requests: 2, would_reject: 0, blocked: false, blocked_until: null })]);
});

describeWithFixtures("an autumn of exports with the real configuration", ["autumn", "aperture-config.hujson", "policy.hujson"], (pathOf) => {
  test("is charged to every bucket that a grant names, as the usage says", async () => {
    prepare(temporaryFolder());
    const config = { sources: [{ name: "prod", url: pathOf("autumn") }], lake: join(folder, "autumn"), aperture: { config: pathOf("aperture-config.hujson") }, directory: { policy: pathOf("policy.hujson") } };
    writeFileSync(join(folder, "aperture-ledger.yaml"), stringify(config));
    const { totals } = JSON.parse(await succeed("run", "--json")) as { totals: { requests: number; cost_usd: string } };
    const buckets = (await bucketsOf("--from", "2026-09-01", "--to", "2026-10-31")) as (Bucket & { quota: string; requests: number; charged_usd: string; lowest_usd: string; rejected: number })[];
    expect(buckets.filter(({ bucket }) => bucket === "team-monthly")).toMatchObject([{ requests: totals.requests, charged_usd: totals.cost_usd }]);
    const sum = (list: typeof buckets): bigint => list.reduce((all, { charged_usd }) => all + BigInt(charged_usd.replace(".", "")), 0n);
    const daily = buckets.filter(({ quota }) => quota === "daily:<user>");
    expect(sum(daily)).toBe(BigInt(totals.cost_usd.replace(".", "")));
    expect(daily.map(({ bucket }) => bucket)).toEqual(expect.arrayContaining(["daily:tag:ci", "daily:tag:api,tag:prod", "daily:user00@example.com"]));
    expect(buckets.map(({ quota }) => quota)).toEqual(expect.arrayContaining(["ci-monthly", "opus:<user>"]));
  }, 600_000);
});
