import { beforeEach, expect, test } from "vitest";
import { parseGatewayAccess } from "../../src/aperture/gateway/parse-gateway-access.ts";
import { parseGatewayProviders } from "../../src/aperture/gateway/gateway-config.ts";
import { accessAt, type GatewayConfig, type GatewaySnapshot, keepGatewaySnapshot, loadGatewaySnapshots, providersUntil } from "../../src/lake/records/gateway-snapshots.ts";
import { keepPolicySnapshot, loadPolicySnapshots } from "../../src/lake/records/policy-snapshots.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { providerIdentifier } from "../../src/ingest/normaliser/provider.ts";
import { recordWrites } from "../hooked-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { sampleRequest } from "../ingest/sample-request.ts";

function configOf(rate: string): GatewayConfig {
  const grants = [{ src: ["*"], app: { "tailscale.com/cap/aperture": [{ role: "user" }, { models: "**", quotas: [{ bucket: "q" }] }] } }];
  const text = JSON.stringify({ providers: { a: {} }, quotas: { q: { capacity: "$0.123456789", rate } }, grants });
  return { providers: parseGatewayProviders(text, "it"), access: parseGatewayAccess(text, "it") };
}

const at = (day: number): Date => new Date(Date.UTC(2026, 9, day));
const SLOW = configOf("$1/day");
const FAST = configOf("$2/day");

let lake: FsStore;
beforeEach(() => void (lake = new FsStore(temporaryFolder())));

test("a configuration is kept when its quotas are others, and says what they were at each time, exactly", async () => {
  const { store, writes } = recordWrites(lake);
  let snapshots = await keepGatewaySnapshot(store, "prod", [], SLOW, at(1));
  snapshots = await keepGatewaySnapshot(store, "prod", snapshots, SLOW, at(2));
  snapshots = await keepGatewaySnapshot(store, "prod", snapshots, FAST, at(3));
  expect(writes).toEqual(["1", "3"].map((day) => `replace _ledger/gateway/prod/2026-10-0${day}T000000000Z.json`));
  const kept = (await loadGatewaySnapshots(lake)).get("prod") ?? [];
  expect(kept).toEqual(snapshots);
  expect(accessAt(kept, at(2))).toEqual(SLOW.access);
  expect(accessAt(kept, at(3))).toEqual(FAST.access);
});

test("what was kept before quotas were read says nothing of them: the first that does stands for the time before", async () => {
  const [taken] = await keepGatewaySnapshot(lake, "prod", [], SLOW, at(1));
  const { access: _, ...older } = taken!;
  expect(accessAt([older], at(5))).toBeNull();
  const snapshots = await keepGatewaySnapshot(lake, "prod", [older], FAST, at(9));
  expect(snapshots).toHaveLength(2);
  expect(accessAt(snapshots, at(2))).toEqual(FAST.access);
  expect(providersUntil(snapshots, at(2))).toEqual([{ from: null, providers: SLOW.providers }]);
});

test("the grants of a tailnet policy are kept with its groups", async () => {
  const policy = { groups: new Map<string, string[]>(), tagOwners: new Map<string, string[]>() };
  const [grant] = SLOW.access.grants;
  const first = await keepPolicySnapshot(lake, [], policy, "2026-10-01");
  await keepPolicySnapshot(lake, first, { ...policy, grants: [grant!] }, "2026-10-02");
  const kept = await loadPolicySnapshots(lake);
  expect(kept.map(({ date, grants }) => [date, grants])).toEqual([["2026-10-01", undefined], ["2026-10-02", [grant]]]);
  expect(await keepPolicySnapshot(lake, kept, policy, "2026-10-03")).toHaveLength(3);
});

test("an export meets the configurations that its records can meet, which may be a day younger, and those taken later change nothing for it", async () => {
  const later = (id: string): GatewayConfig => ({ ...SLOW, providers: parseGatewayProviders(JSON.stringify({ providers: { [id]: {} } }), "it") });
  let snapshots: readonly GatewaySnapshot[] = [];
  for (const [day, id] of [[3, "a"], [5, "b"], [9, "c"]] as const) snapshots = await keepGatewaySnapshot(lake, "prod", snapshots, later(id), at(day));
  const named = (time: Date) => providersUntil(snapshots, time).map(({ from, providers }) => [from === null ? null : new Date(from), providers[0]?.id]);
  expect(named(at(1))).toEqual([[null, "a"]]);
  expect(named(at(3))).toEqual([[null, "a"]]);
  expect(named(new Date(at(8).getTime() - 1))).toEqual([[null, "a"], [at(5), "b"]]);
  expect(named(at(8))).toEqual([[null, "a"], [at(5), "b"], [at(9), "c"]]);
  expect(providersUntil([], at(9))).toEqual([]);
});

test("a record that is younger than its export is paid by the configuration of its own time", async () => {
  const modeOf = (authMode: string): GatewayConfig => ({ ...SLOW, providers: parseGatewayProviders(JSON.stringify({ providers: { plan: { auth_mode: authMode } } }), "it") });
  const first = await keepGatewaySnapshot(lake, "prod", [], modeOf("override"), at(1));
  const snapshots = await keepGatewaySnapshot(lake, "prod", first, modeOf("passthrough"), at(10));
  const history = providersUntil(snapshots, new Date(at(10).getTime() - 3_600_000));
  const identify = providerIdentifier(history);
  const billingAt = (ms: number): string => identify(sampleRequest({ model: "plan/x", ts: ms * 1000, credential: "subscription" }), "plan").billing;
  expect([at(10).getTime() - 1, at(10).getTime() + 5 * 3_600_000].map(billingAt)).toEqual(["metered", "subscription"]);
});
