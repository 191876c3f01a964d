import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Asked, writeRequests } from "../request-exports.ts";
import { call, type CallResult } from "./call.ts";

const MONTH = "2025-10";
const GATEWAY = `{
  // as its owner keeps it
  "providers": { "anthropic": { "models": ["claude-opus-4-8"] }, "openai": { "models": ["gpt-5"] } },
  "quotas": { "daily:<user>": { "capacity": "$10.00", "rate": "$5.00/day" } },
  "grants": [
    { "src": ["group:web"], "app": { "tailscale.com/cap/aperture": [ { "role": "user" }, { "models": "anthropic/**", "quotas": [ { "bucket": "daily:<user>" } ] } ] } },
    { "src": ["ann@example.com", "gone@example.com"], "app": { "tailscale.com/cap/aperture": [ { "role": "user" }, { "models": "openai/*" }, { "models": "google/*" } ] } },
  ],
  "temp_grants": [ { "src": ["tag:ci"], "grants": [ { "providers": [ { "provider": "anthropic", "model": "*" } ] } ] } ],
}`;
const POLICY = `{
  "groups": { "group:web": ["Cat@Example.com"], "group:api": ["dan@example.com"] },
  "grants": [
    { "src": ["autogroup:admin"], "dst": ["*"], "app": { "tailscale.com/cap/aperture": [ { "role": "admin" }, { "models": "**" } ] } },
    { "src": ["group:api"], "dst": ["ai"], "app": { "tailscale.com/cap/aperture": [ { "role": "user" }, { "models": "anthropic/*" } ] } },
    { "src": ["*"], "dst": ["db"], "ip": ["tcp:5432"] },
  ],
}`;
const OPUS = "anthropic/claude-opus-4-8";
const GPT = "openai/gpt-5";

interface Reviewed {
  month: string;
  unused_since: string;
  gateways: unknown[];
  tailnet_policy: unknown;
  uncovered: { caller: string; model: string; requests: number; lacks: string[]; perhaps: { grant: string }[] }[];
  unused: { gateway: string | null; grant: string; pattern: string; last_used: string | null; src_seen: boolean }[];
  unseen: { gateway: string | null; grant: string; src: string; only_tailscale_can_tell: boolean }[];
  denied: { caller: string; requests: number; first: string; last: string }[];
  rejected: { caller: string; requests: number; buckets: string[] }[];
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  writeFileSync(join(folder, "gateway.hujson"), GATEWAY);
  writeFileSync(join(folder, "policy.hujson"), POLICY);
  const asked: Asked[] = [
    { by: "ann@example.com", at: "2025-09-10T12:00:00Z", model: GPT },
    { by: "cat@example.com", at: "2025-10-05T12:00:00Z", model: OPUS },
    { by: "dan@example.com", at: "2025-10-05T13:00:00Z", model: OPUS },
    { by: "ann@example.com", at: "2025-10-06T12:00:00Z", model: OPUS },
    { by: "ann@example.com", at: "2025-10-07T12:00:00Z", model: OPUS },
    { by: "tag:ci", at: "2025-10-07T13:00:00Z", model: OPUS },
    { by: "cat@example.com", at: "2025-10-08T12:00:00Z", model: OPUS, status: 429 },
    { by: "cat@example.com", at: "2025-10-08T12:30:00Z", model: OPUS, status: 429 },
    { by: "\u202Eeve@example.com", at: "2025-10-09T12:00:00Z", model: GPT, status: 403 },
    { by: "cat@example.com", at: "2025-10-09T12:30:00Z", model: GPT, status: 500 },
  ];
  writeRequests(join(folder, "exports"), asked);
  configure("aperture-ledger.yaml", {});
  const { code, stderr } = await ledger("run");
  if (code !== 0) throw new Error(stderr);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a configuration with other sections than the usual ones. */
function configure(name: string, sections: Record<string, unknown>): string {
  const usual = {
    sources: [{ name: "prod", url: join(folder, "exports") }],
    lake: join(folder, "lake"),
    aperture: { config: join(folder, "gateway.hujson") },
    directory: { policy: join(folder, "policy.hujson") },
  };
  writeFileSync(join(folder, name), stringify({ ...usual, ...sections }));
  return name;
}

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder });
}

async function reviewed(...args: string[]): Promise<Reviewed> {
  const { code, stdout, stderr } = await ledger("access", "--month", MONTH, "--json", ...args);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Reviewed;
}

describe("access", () => {
  test("reads from the top: what no grant covers, what nobody uses, what was denied and rejected", async () => {
    const { code, stdout, stderr } = await ledger("access", "--month", MONTH);
    expect([code, stderr]).toEqual([0, ""]);
    expect([...new Set(stdout.split("\n").map((line) => line.slice(0, 13).trim()).filter(Boolean))]).toEqual([
      "access", "gateway", "policy", "uncovered", "unused", "unseen", "denied", "rejected",
    ]);
    expect(stdout).toMatch(/^gateway +prod: 3 grants; the ledger knows it from 2025-09-10 on, and what was used before cannot be said; 46 days of them without usage$/m);
    expect(stdout).toMatch(/^policy +2 grants of the tailnet policy/m);
    expect(stdout).toMatch(/^uncovered +3 requests of 2 callers answered, though no current grant covers them/m);
    expect(stdout).toMatch(
      /^uncovered +2 requests, ann@example\.com, anthropic\/claude-opus-4-8 at prod, 2025-10-06T12:00:00\.000Z to 2025-10-07T12:00:00\.000Z: no grant covers the model, unless policy grants\[0\] to autogroup:admin means them$/m,
    );
    expect(stdout).toMatch(/^uncovered +1 request, tag:ci, anthropic\/claude-opus-4-8 at prod, at 2025-10-07T13:00:00\.000Z: no grant gives a role$/m);
    expect(stdout).toMatch(/^unused +prod grants\[1\] \(line 7, column 5\) to ann@example\.com, gone@example\.com: google\/\*, never since 2025-08-03$/m);
    expect(stdout).toMatch(/^unseen +prod grants\[1\] \(line 7, column 5\) to gone@example\.com: nobody seen since 2025-08-03$/m);
    expect(stdout).toMatch(/^unseen +policy grants\[0\] \(line 4, column 5\) to autogroup:admin: only Tailscale can tell whom that means$/m);
    expect(stdout).toMatch(/^denied +1 request, \[U\+202E\]eve@example\.com, openai\/gpt-5 at prod, at 2025-10-09T12:00:00\.000Z: no grant gives a role and no grant covers the model, unless/m);
    expect(stdout).toMatch(/^rejected +2 requests, cat@example\.com, .*: its buckets are daily:<user>$/m);
  });

  test("as JSON has everything", async () => {
    const review = await reviewed();
    expect(review).toMatchObject({ month: MONTH, timezone: "UTC", unused_days: 90, unused_since: "2025-08-03T00:00:00.000Z", looked_at: { from: "2025-08-03", to: "2025-10-09" } });
    expect(review.gateways).toEqual([{ instance: "prod", grants: 3, known_from: "2025-09-10", days_without_usage: 46 }]);
    expect(review.tailnet_policy).toEqual({ grants: 2 });
    expect(review.uncovered.map(({ caller, requests, lacks, perhaps }) => [caller, requests, lacks, perhaps.map(({ grant }) => grant)])).toEqual([
      ["ann@example.com", 2, ["models"], ["policy grants[0]"]],
      ["tag:ci", 1, ["role"], []],
    ]);
    expect(review.unused.map(({ gateway, grant, pattern, last_used, src_seen }) => [gateway, grant, pattern, last_used, src_seen])).toEqual([
      ["prod", "grants[1]", "google/*", null, true],
      [null, "policy grants[0]", "**", null, false],
    ]);
    expect(review.unseen.map(({ gateway, src, only_tailscale_can_tell }) => [gateway, src, only_tailscale_can_tell])).toEqual([
      ["prod", "gone@example.com", false],
      [null, "autogroup:admin", true],
    ]);
    expect(review.denied).toEqual([expect.objectContaining({ caller: "\u202Eeve@example.com", requests: 1, first: "2025-10-09T12:00:00.000Z", last: "2025-10-09T12:00:00.000Z" })]);
    expect(review.rejected).toEqual([expect.objectContaining({ caller: "cat@example.com", requests: 2, buckets: ["daily:<user>"] })]);
  });

  test("--unused-days says how long a grant may be unused", async () => {
    const { unused, unused_since } = await reviewed("--unused-days", "40");
    expect(unused_since).toBe("2025-09-22T00:00:00.000Z");
    expect(unused.map(({ pattern }) => pattern)).toEqual(["openai/*", "google/*", "**"]);
  });

  test("without a tailnet policy knows neither its grants nor its groups", async () => {
    const { tailnet_policy, uncovered, unseen } = await reviewed("--config", configure("no-policy.yaml", { directory: {} }));
    expect(tailnet_policy).toBeNull();
    expect(uncovered.map(({ caller, perhaps }) => [caller, perhaps.map(({ grant }) => grant)])).toEqual([
      ["ann@example.com", ["grants[0]"]],
      ["cat@example.com", ["grants[0]"]],
      ["dan@example.com", ["grants[0]"]],
      ["tag:ci", []],
    ]);
    expect(unseen).toContainEqual(expect.objectContaining({ src: "group:web", only_tailscale_can_tell: true }));
  });

  test("needs the gateway's configuration", async () => {
    const { code, stdout, stderr } = await ledger("access", "--config", configure("no-gateway.yaml", { aperture: {} }), "--month", MONTH);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/no gateway's configuration is given.*\[usage\]\n.*aperture\.config/);
  });

  test.each<[string, string[], number, RegExp]>([
    ["a month that is none", ["--month", "2025-13"], 2, /"2025-13" is not a month \[usage\]/],
    ["a month without usage", ["--month", "2025-12"], 1, /there is no usage in 2025-12 \(UTC\) in \S+ \[month_empty\]/],
    ["days that are no number", ["--month", MONTH, "--unused-days", "x"], 2, /whole number/],
    ["no month", [], 2, /--month/],
  ])("refuses %s", async (_name, args, exit, message) => {
    const { code, stderr } = await ledger("access", ...args);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(message)]);
  });

  test("a grant with a mistake is refused by its place", async () => {
    writeFileSync(join(folder, "broken.hujson"), '{\n  "grants": [{ "src": "ann@example.com", "app": { "tailscale.com/cap/aperture": [] } }]\n}');
    const { code, stderr } = await ledger("access", "--config", configure("broken.yaml", { aperture: { config: join(folder, "broken.hujson") } }), "--month", MONTH);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/grants\.0\.src: .* at line 2, column \d+ \[gateway_config_invalid\]/)]);
  });
});
