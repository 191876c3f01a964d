import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  "temp_grants": [ { "src": ["tag:ci"], "grants": [ { "providers": [ { "provider": "anthropic", "model": "*" } ] }, { "connectors": ["github/tools/**", "wiki/**"] } ] } ],
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
  gateways: { version: { sha256: string; kept_since: string | null } }[];
  tailnet_policy: { grants: number; version: { sha256: string; kept_since: string | null } } | null;
  uncovered: { caller: string; model: string; requests: number; lacks: string[]; perhaps: { grant: string }[] }[];
  unused: { gateway: string | null; grant: string; pattern: string; last_used: string | null; src_seen: boolean }[];
  unseen: { gateway: string | null; grant: string; src: string; only_tailscale_can_tell: boolean }[];
  denied: { caller: string; requests: number; first: string; last: string }[];
  rejected: { caller: string; requests: number; buckets: string[]; covered_by: object[] }[];
  not_found: { model: string; why: string; served: boolean; lacks: string[] }[];
  not_judged: object[];
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
    { by: "cat@example.com", at: "2025-10-09T12:31:00Z", model: OPUS, status: 404 },
    { by: "cat@example.com", at: "2025-10-09T12:32:00Z", model: "anthropic/claude-gone", status: 404 },
    { by: "cat@example.com", at: "2025-10-09T12:33:00Z", model: GPT, status: 404 },
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
      "access", "gateway", "policy", "uncovered", "unused", "unseen", "denied", "rejected", "not found", "not judged", "new tools", "servers", "secrets",
    ]);
    expect(stdout).toMatch(/^gateway +prod: 3 grants, version [0-9a-f]{12} of \d{4}-\d\d-\d\dT\S+Z; the ledger has its usage from 2025-09-10 on; earlier use is unknown; 46 days of them without usage$/m);
    expect(stdout).toMatch(/^policy +2 grants of the tailnet policy, assumed to apply to every gateway, version [0-9a-f]{12} of \d{4}-\d\d-\d\d$/m);
    expect(stdout).toMatch(/^uncovered +3 requests of 2 callers answered, though no current grant covers them/m);
    expect(stdout).toMatch(
      /^uncovered +2 requests, ann@example\.com, anthropic\/claude-opus-4-8 at prod, 2025-10-06T12:00:00\.000Z to 2025-10-07T12:00:00\.000Z: no grant covers the model, unless policy grants\[0\] to autogroup:admin means them$/m,
    );
    expect(stdout).toMatch(/^uncovered +1 request, tag:ci, anthropic\/claude-opus-4-8 at prod, at 2025-10-07T13:00:00\.000Z: no grant gives a role$/m);
    expect(stdout).toMatch(/^unused +prod grants\[1\] \(line 7, column 5\) to ann@example\.com, gone@example\.com: google\/\*, never since 2025-08-03$/m);
    expect(stdout).toMatch(/^unseen +prod grants\[1\] \(line 7, column 5\) to gone@example\.com: nobody seen since 2025-08-03, unless it is a SCIM group: only Tailscale knows$/m);
    expect(stdout).toMatch(/^unseen +policy grants\[0\] \(line 4, column 5\) to autogroup:admin: only Tailscale knows who that is$/m);
    expect(stdout).toMatch(/^denied +1 request, \[U\+202E\]eve@example\.com, openai\/gpt-5 at prod, at 2025-10-09T12:00:00\.000Z: no grant gives a role and no grant covers the model, unless/m);
    expect(stdout).toMatch(/^rejected +2 requests, cat@example\.com, .*: its buckets are daily:<user>$/m);
    expect(stdout).toMatch(/^not found +3 requests of 1 caller answered with 404; the provider's own 404 and a compatibility flag that the provider lacks are possible, whatever a line says:$/m);
    expect(stdout).toMatch(/^not found +1 request, cat@example\.com, anthropic\/claude-opus-4-8 .*: a provider serves the model; covered now by anthropic\/\*\* of grants\[0\]$/m);
    expect(stdout).toMatch(/^not found +1 request, cat@example\.com, anthropic\/claude-gone .*: no provider serves the model$/m);
    expect(stdout).toMatch(/^not found +1 request, cat@example\.com, openai\/gpt-5 .*: no grant covers the model, unless grants\[1\] to ann@example\.com, gone@example\.com, policy grants\[0\] to autogroup:admin means them$/m);
    expect(stdout).toMatch(/^not judged +prod temp_grants\[0\] \(line 9, column 20\) to tag:ci: connectors github\/tools\/\*\*, wiki\/\*\*, whose use no record shows$/m);
  });

  test("as JSON has everything", async () => {
    const review = await reviewed();
    expect(review).toMatchObject({ month: MONTH, timezone: "UTC", unused_days: 90, unused_since: "2025-08-03T00:00:00.000Z", looked_at: { from: "2025-08-03", to: "2025-10-09" } });
    const version = { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, kept_since: expect.any(String) as string };
    expect(review.gateways).toEqual([{ instance: "prod", grants: 3, version, known_from: "2025-09-10", days_without_usage: 46 }]);
    expect(review.tailnet_policy).toEqual({ grants: 2, version });
    expect(review.uncovered.map(({ caller, requests, lacks, perhaps }) => [caller, requests, lacks, perhaps.map(({ grant }) => grant)])).toEqual([
      ["ann@example.com", 2, ["models"], ["policy grants[0]"]],
      ["tag:ci", 1, ["role"], []],
    ]);
    expect(review.unused.map(({ gateway, grant, pattern, last_used, src_seen }) => [gateway, grant, pattern, last_used, src_seen])).toEqual([
      ["prod", "grants[1]", "google/*", null, true],
      [null, "policy grants[0]", "**", null, false],
    ]);
    expect(review.unseen.map(({ gateway, src, only_tailscale_can_tell }) => [gateway, src, only_tailscale_can_tell])).toEqual([
      ["prod", "gone@example.com", true],
      [null, "autogroup:admin", true],
    ]);
    expect(review.denied).toEqual([expect.objectContaining({ caller: "\u202Eeve@example.com", requests: 1, first: "2025-10-09T12:00:00.000Z", last: "2025-10-09T12:00:00.000Z" })]);
    expect(review.rejected).toEqual([expect.objectContaining({ caller: "cat@example.com", requests: 2, buckets: ["daily:<user>"] })]);
    expect(review.rejected[0]?.covered_by).toEqual([{ gateway: "prod", grant: "grants[0]", place: "line 6, column 5", pattern: "anthropic/**" }]);
    expect(review.not_found.map(({ model, why, served, lacks }) => [model, why, served, lacks])).toEqual([
      ["anthropic/claude-gone", "not_served", false, []],
      [OPUS, "unexplained", true, []],
      [GPT, "not_granted", true, ["models"]],
    ]);
    expect(review.not_judged).toEqual([{ gateway: "prod", grant: "temp_grants[0]", place: "line 9, column 20", src: ["tag:ci"], kind: "connectors", patterns: ["github/tools/**", "wiki/**"] }]);
  });

  test("says which snapshot of the lake it was judged by, and where the grants were changed since, that they are not kept", async () => {
    const before = await reviewed();
    const [snapshot] = readdirSync(join(folder, "lake/_ledger/gateway/prod"));
    const kept = JSON.parse(readFileSync(join(folder, "lake/_ledger/gateway/prod", snapshot!), "utf8")) as { taken_at: string; providers: object; access: object };
    expect(before.gateways[0]?.version).toEqual({ sha256: createHash("sha256").update(JSON.stringify([kept.providers, kept.access])).digest("hex"), kept_since: kept.taken_at });
    writeFileSync(join(folder, "changed.hujson"), GATEWAY.replace("openai/*", "openai/**"));
    const config = configure("changed.yaml", { aperture: { config: join(folder, "changed.hujson") } });
    const after = await reviewed("--config", config);
    expect(after.gateways[0]?.version.kept_since).toBeNull();
    expect(after.gateways[0]?.version.sha256).not.toBe(before.gateways[0]?.version.sha256);
    expect(after.tailnet_policy).toEqual(before.tailnet_policy);
    expect((await ledger("access", "--month", MONTH, "--config", config)).stdout).toMatch(/^gateway +prod: 3 grants, version [0-9a-f]{12} \(not kept in the lake yet\);/m);
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
      // gone@example.com may be a SCIM group, and its grant gives a role.
      ["cat@example.com", ["grants[0]", "grants[1]"]],
      ["dan@example.com", ["grants[0]", "grants[1]"]],
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
  ])("refuses %s", async (_name, args, exit, message) => {
    const { code, stderr } = await ledger("access", ...args);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(message)]);
  });

  test("takes the last complete month where none is named", async () => {
    const { code, stderr } = await call(["access"], { cwd: folder, at: "2025-02-15T12:00:00Z" });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/there is no usage in 2025-01 \(UTC\)/)]);
  });

  test("a grant with a mistake is refused by its place", async () => {
    writeFileSync(join(folder, "broken.hujson"), '{\n  "grants": [{ "src": "ann@example.com", "app": { "tailscale.com/cap/aperture": [] } }]\n}');
    const { code, stderr } = await ledger("access", "--config", configure("broken.yaml", { aperture: { config: join(folder, "broken.hujson") } }), "--month", MONTH);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/grants\.0\.src: .* at line 2, column \d+ \[gateway_config_invalid\]/)]);
  });
});
