import { DuckDBConnection } from "@duckdb/node-api";
import { expect, test, vi } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const DIRECTORY = { directory: { teams: [{ name: "web", members: ["a*@example.com"] }, { name: "ops", members: ["*@example.com"] }, { name: "ci", members: ["tag:ci"] }] } };
const ALLOCATION = { allocation: { pools: [{ name: "ci", when: { team: "ci" }, spread: "proportional" }], adjustments: [{ name: "discount", when: {}, percent: -10 }] } };

/** Statements that a report of so many requests asks the database, of three days, two people and a device. */
async function countStatements(requests: number): Promise<number> {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  const by = ["ann@example.com", "bob@example.com", "tag:ci"];
  writeRequests(source, Array.from({ length: requests }, (_, index) => ({
    by: by[index % 3] ?? "", at: new Date(Date.UTC(2026, 9, 5 + (index % 9) / 3, 0, index)).toISOString(), dollars: 0.01 + (index % 7) / 1000,
  })));
  const ledger = testLedger(new FsStore(source), new FsStore(folder), { rules: { allocation: settingsOf({ ...DIRECTORY, ...ALLOCATION }) } });
  await runOnce(ledger);
  const asked = [vi.spyOn(DuckDBConnection.prototype, "run"), vi.spyOn(DuckDBConnection.prototype, "runAndReadAll"), vi.spyOn(DuckDBConnection.prototype, "stream")];
  try {
    await reportMonth(ledger, "2026-10");
    // A database that is used again is told where to spill.
    return asked.flatMap((spy) => spy.mock.calls).filter(([sql]) => !sql.startsWith("SET ")).length;
  } finally {
    for (const spy of asked) spy.mockRestore();
  }
}

test("a report asks the database as often for a thousand requests as for thirty", async () => {
  const few = await countStatements(30);
  expect(few).toBeLessThan(250);
  expect(await countStatements(1000)).toBe(few);
});
