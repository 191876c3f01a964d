import { expect, test } from "vitest";
import { quotaPeriods } from "../../src/limits/replaying/quota-periods.ts";
import { parseGatewayAccess } from "../../src/aperture/gateway/parse-gateway-access.ts";
import type { GatewaySnapshot } from "../../src/lake/records/gateway-snapshots.ts";
import type { PolicySnapshot } from "../../src/lake/records/policy-snapshots.ts";

const CALL = { tags: [], nodeId: null, provider: "anthropic", modelRecorded: "claude-opus-4-8" };

function snapshot(takenAt: string, src: string | null): GatewaySnapshot {
  const grants = [{ src: [src], app: { "tailscale.com/cap/aperture": [{ models: "anthropic/*", quotas: [{ bucket: "q" }] }] } }];
  const access = src === null ? {} : { access: parseGatewayAccess(JSON.stringify({ quotas: { q: { capacity: "$1", rate: "$1/day" }, p: { capacity: "$1" } }, grants }), "it") };
  return { format: 1, taken_at: takenAt, providers: [], ...access } as GatewaySnapshot;
}

function policy(date: string, members: string[], src?: string): PolicySnapshot {
  const grants = src === undefined ? {} : { grants: [{ origin: "policy grants[0]", place: "line 1, column 1", src: [src], roles: [], models: [{ pattern: "**", buckets: ["p"] }] }] };
  return { format: 1, date, groups: new Map([["group:web", members]]), tagOwners: new Map(), ...grants };
}

test("grants go by the configuration and the policy in force, the first of each standing for the time before", () => {
  const snapshots = new Map([
    ["prod", [snapshot("2026-10-01T00:00:00Z", null), snapshot("2026-10-10T12:00:00.000Z", "group:web"), snapshot("2026-10-20T12:00:00.000Z", "bob@example.com")]],
    ["old", [snapshot("2026-10-01T00:00:00Z", null)]],
  ]);
  const periods = quotaPeriods(snapshots, [policy("2026-10-05", ["ann@example.com"]), policy("2026-10-15", ["cat@example.com"], "cat@example.com")], "Europe/Berlin");
  expect([...periods.keys()]).toEqual(["prod"]);
  const charged = (periods.get("prod") ?? []).map(({ from, matchBuckets }) => {
    const callers = ["ann", "bob", "cat"].map((name) => `${name}: ${matchBuckets({ ...CALL, caller: `${name}@example.com` }).flat().map((bucket) => bucket.name).join(" ")}`);
    return [new Date(Number(from / 1000n)).toISOString(), ...callers];
  });
  expect(charged).toEqual([
    ["2026-10-04T22:00:00.000Z", "ann: q", "bob: ", "cat: "],
    ["2026-10-10T12:00:00.000Z", "ann: q", "bob: ", "cat: "],
    ["2026-10-14T22:00:00.000Z", "ann: ", "bob: ", "cat: q p"],
    ["2026-10-20T12:00:00.000Z", "ann: ", "bob: q", "cat: p"],
  ]);
});
