import { beforeEach, expect, test } from "vitest";
import { keepPolicySnapshot, loadPolicySnapshots } from "../../src/lake/records/policy-snapshots.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keys } from "../contract/object-store.ts";
import { recordWrites } from "../hooked-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { mapOf } from "../map-of.ts";

const OF_ANN = { groups: mapOf({ "group:web": ["ann@example.com"] }), tagOwners: mapOf<string[]>({}) };
const OF_BOB = { groups: mapOf({ "group:web": ["bob@example.com"] }), tagOwners: mapOf<string[]>({}) };

let lake: FsStore;
beforeEach(() => void (lake = new FsStore(temporaryFolder())));

test("a policy is kept by the day from which it was so, and only when it is another", async () => {
  const { store, writes } = recordWrites(lake);
  let snapshots = await keepPolicySnapshot(store, [], OF_ANN, "2026-09-01");
  snapshots = await keepPolicySnapshot(store, snapshots, OF_ANN, "2026-09-15");
  snapshots = await keepPolicySnapshot(store, snapshots, OF_BOB, "2026-10-01");
  snapshots = await keepPolicySnapshot(store, snapshots, OF_ANN, "2026-10-02");
  expect(writes).toEqual(["2026-09-01", "2026-10-01", "2026-10-02"].map((date) => `replace _ledger/policy/${date}.json`));
  expect(await loadPolicySnapshots(lake)).toEqual(snapshots);
  expect(snapshots.map(({ date, groups }) => [date, groups.get("group:web")?.[0]])).toEqual([
    ["2026-09-01", "ann@example.com"],
    ["2026-10-01", "bob@example.com"],
    ["2026-10-02", "ann@example.com"],
  ]);
});

test("of two policies of one day the later stands for all of it", async () => {
  const first = await keepPolicySnapshot(lake, [], OF_ANN, "2026-10-01");
  const second = await keepPolicySnapshot(lake, first, OF_BOB, "2026-10-01");
  expect(second.map(({ groups }) => groups)).toEqual([OF_BOB.groups]);
  expect(await keys(lake, "_ledger/policy/")).toEqual(["_ledger/policy/2026-10-01.json"]);
  expect(await loadPolicySnapshots(lake)).toEqual(second);
});

test("the order of the groups is kept, and another order is another policy: it is the order of their teams", async () => {
  const ab = { groups: mapOf<string[]>({ "group:b": [], "group:a": [] }), tagOwners: mapOf<string[]>({}) };
  const ba = { groups: mapOf<string[]>({ "group:a": [], "group:b": [] }), tagOwners: mapOf<string[]>({}) };
  const first = await keepPolicySnapshot(lake, [], ab, "2026-10-01");
  expect(await keepPolicySnapshot(lake, first, ba, "2026-10-02")).toHaveLength(2);
  expect([...(await loadPolicySnapshots(lake))[0]!.groups.keys()]).toEqual(["group:b", "group:a"]);
});
