import { describe, expect, test } from "vitest";
import { boundMonth } from "../../src/ledger/months.ts";
import { allocateTable } from "./allocated-table.ts";
import { settingsOf, type Spent, usageOf, type Written } from "./who-pays.ts";

const TEAMS: Written = { directory: { teams: [{ name: "web", cost_center: "C1", members: ["ann@example.com", "bob@example.com"] }] } };
const MOST = 10n ** 18n - 1n;

async function allocate(...spent: Spent[]): Promise<(string | null)[][]> {
  return await allocateTable(settingsOf(TEAMS), boundMonth("2026-10", "UTC"), spent.map(usageOf));
}

describe("rows of the allocations", () => {
  test("hold what eighteen digits hold, and are as many as a larger cost takes; counts are on the first", async () => {
    const cost = async (amount: bigint | null): Promise<(string | null | undefined)[]> => (await allocate({ by: "ann@example.com", cost: amount })).map((row) => row[14]);
    expect(await cost(null)).toEqual([null]);
    expect(await cost(MOST)).toEqual(["999999999.999999999"]);
    expect(await cost(MOST + 1n)).toEqual(["999999999.999999999", "0.000000001"]);
    expect(await cost(2n * MOST)).toEqual(["999999999.999999999", "999999999.999999999"]);
    expect(await cost(-MOST)).toEqual(["-999999999.999999999"]);
    expect(await cost(-MOST - 2n)).toEqual(["-999999999.999999999", "-0.000000002"]);
    expect((await allocate({ by: "ann@example.com", cost: MOST + 1n })).map((row) => row[15])).toEqual(["1.000000000", "0.000000000"]);
  });

  test("are one a key: the same usage on two days is one, another dimension another", async () => {
    const one = { by: "ann@example.com", of: { dimensions: { a: "1", b: "2" } } };
    const rows = await allocate(one, { ...one, at: "2026-10-06T12:00:00Z" }, { ...one, of: { dimensions: {} } }, { by: "bob@example.com" });
    expect(rows.map((row) => [row[0], row[1], row[2], row[5], row[14]])).toEqual([
      ["web", "C1", "ann@example.com", "[]", "1.000000000"],
      ["web", "C1", "ann@example.com", '[{"k":"a","v":"1"},{"k":"b","v":"2"}]', "2.000000000"],
      ["web", "C1", "bob@example.com", "[]", "1.000000000"],
    ]);
  });

  test("are written as they are, in order of their keys, and the larger of two costs first", async () => {
    const rows = await allocate({ by: "zoe@example.com", cost: null }, { by: "bob@example.com", cost: MOST + 5n, of: { dimensions: { repo: "a/b" } } }, { by: "ann@example.com", cost: 7n });
    expect(rows.map((row) => [row[0], row[1], row[2], row[5], row[13], row[14], row[15]])).toEqual([
      ["(unallocated)", null, "zoe@example.com", "[]", "1.000000000", null, "1.000000000"],
      ["web", "C1", "ann@example.com", "[]", "1.000000000", "0.000000007", "1.000000000"],
      ["web", "C1", "bob@example.com", '[{"k":"repo","v":"a/b"}]', "1.000000000", "999999999.999999999", "1.000000000"],
      ["web", "C1", "bob@example.com", '[{"k":"repo","v":"a/b"}]', "1.000000000", "0.000000005", "0.000000000"],
    ]);
    expect(await allocate()).toEqual([]);
  });
});
