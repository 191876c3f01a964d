import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listRows } from "./model/allocation-rows.ts";
import type { Allocated } from "./model/allocate.ts";
import { writeAllocations } from "../../src/allocation/shares/write-allocations.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { allocateUsages } from "./split-usages.ts";
import { settingsOf, type Spent, usageOf, type Written } from "./who-pays.ts";

const TEAMS: Written = { directory: { teams: [{ name: "web", cost_center: "C1", members: ["ann@example.com", "bob@example.com"] }] } };
const MOST = 10n ** 18n - 1n;

function allocate(...spent: Spent[]): Allocated[] {
  return allocateUsages(settingsOf(TEAMS), boundMonth("2026-10", "UTC"), spent.map(usageOf)).allocated;
}

const costsOf = (allocated: readonly Allocated[]): (string | null | undefined)[] => listRows(allocated).map((row) => row[14]);

describe("rows of the allocations", () => {
  test("hold what eighteen digits hold, and are as many as a larger cost takes; counts are on the first", () => {
    const cost = (amount: bigint | null): ReturnType<typeof costsOf> => costsOf(allocate({ by: "ann@example.com", cost: amount }));
    expect(cost(null)).toEqual([null]);
    expect(cost(MOST)).toEqual(["999999999.999999999"]);
    expect(cost(MOST + 1n)).toEqual(["999999999.999999999", "0.000000001"]);
    expect(cost(2n * MOST)).toEqual(["999999999.999999999", "999999999.999999999"]);
    expect(cost(-MOST)).toEqual(["-999999999.999999999"]);
    expect(cost(-MOST - 2n)).toEqual(["-999999999.999999999", "-0.000000002"]);
    expect(listRows(allocate({ by: "ann@example.com", cost: MOST + 1n })).map((row) => row[15])).toEqual(["1.000000000", "0.000000000"]);
  });

  test("are one a key: the same usage on two days is one, another dimension another", () => {
    const one = { by: "ann@example.com", of: { dimensions: { b: "2", a: "1" } } };
    const rows = listRows(allocate(one, { ...one, at: "2026-10-06T12:00:00Z", of: { dimensions: { a: "1", b: "2" } } }, { ...one, of: { dimensions: {} } }, { by: "bob@example.com" }));
    expect(rows.map((row) => [row[0], row[1], row[2], row[5], row[14]])).toEqual([
      ["web", "C1", "ann@example.com", '[{"k":"a","v":"1"},{"k":"b","v":"2"}]', "2.000000000"],
      ["web", "C1", "ann@example.com", "[]", "1.000000000"],
      ["web", "C1", "bob@example.com", "[]", "1.000000000"],
    ]);
  });

  test("are written as they are, in order of their keys, and the larger of two costs first", async () => {
    const folder = temporaryFolder();
    const [file, empty] = [join(folder, "allocations.parquet"), join(folder, "empty.parquet")];
    const allocated = allocate({ by: "zoe@example.com", cost: null }, { by: "bob@example.com", cost: MOST + 5n, of: { dimensions: { repo: "a/b" } } }, { by: "ann@example.com", cost: 7n });
    const written = await withDuckDb({ temporaryDirectory: folder, threads: 1 }, async (duck) => [await writeAllocations(duck, allocated, file), await writeAllocations(duck, [], empty)]);
    expect(written).toEqual([4, 0]);
    expect(await query(`SELECT team, cost_center, caller, dimensions::VARCHAR AS dimensions, share::VARCHAR AS share, cost_usd::VARCHAR AS cost, requests::VARCHAR AS requests FROM '${file}'`)).toEqual([
      { team: "(unallocated)", cost_center: null, caller: "zoe@example.com", dimensions: "{}", share: "1.000000000", cost: null, requests: "1.000000000" },
      { team: "web", cost_center: "C1", caller: "ann@example.com", dimensions: "{}", share: "1.000000000", cost: "0.000000007", requests: "1.000000000" },
      { team: "web", cost_center: "C1", caller: "bob@example.com", dimensions: "{repo=a/b}", share: "1.000000000", cost: "999999999.999999999", requests: "1.000000000" },
      { team: "web", cost_center: "C1", caller: "bob@example.com", dimensions: "{repo=a/b}", share: "1.000000000", cost: "0.000000005", requests: "0.000000000" },
    ]);
    expect(await query(`SELECT count(*)::VARCHAR AS rows FROM '${empty}'`)).toEqual([{ rows: "0" }]);
  });
});
