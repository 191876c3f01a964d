import { beforeEach, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import { layout, SNAPSHOTS } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { recordWrites } from "../hooked-store.ts";
import { close } from "./closing.ts";
import { query } from "../query.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

const MONTHS = ["2026-08", "2026-09", "2026-10"];
const TEAMS = { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] };

let source: string;
let folder: string;
let lake: FsStore;

beforeEach(() => {
  [source, folder] = [temporaryFolder(), temporaryFolder()];
  lake = new FsStore(folder);
  writeRequests(
    source,
    MONTHS.flatMap((month) => [
      { by: "ann@example.com", at: `${month}-10T12:00:00Z`, dollars: 3 },
      { by: "bob@example.com", at: `${month}-20T12:00:00Z`, dollars: 5 },
    ]),
  );
});

/** Runs once more and says what was written. */
async function runWith(written: Written | AllocationSettings): Promise<string[]> {
  const { store, writes } = recordWrites(lake);
  await runOnce(testLedger(new FsStore(source), store, { rules: { allocation: "rules" in written ? written : settingsOf(written) } }));
  return writes.filter(isNoSnapshot);
}

/** Snapshots follow the months (`test/allocation/snapshots.test.ts`). */
function isNoSnapshot(write: string): boolean {
  return !write.includes(SNAPSHOTS);
}

function writesOf(...months: string[]): string[] {
  return months.flatMap((month) => [`replace ${layout.allocations(month)}`, `replace ${layout.allocationManifest(month)}`]);
}

async function owedIn(month: string): Promise<Record<string, unknown>> {
  const rows = await query(`SELECT team, sum(cost_usd)::DOUBLE AS cost FROM read_parquet('${folder}/${layout.allocations(month)}') GROUP BY team`);
  return Object.fromEntries(rows.map(({ team, cost }) => [team as string, cost]));
}

test("every month has its allocations, and a second run writes nothing", async () => {
  await runWith({ directory: TEAMS });
  for (const month of MONTHS) expect(await owedIn(month)).toEqual({ payments: 3, web: 5 });
  expect(await runWith({ directory: TEAMS })).toEqual([]);
});

test("a change of the directory allocates the months anew that it is in force in, and writes nothing else", async () => {
  await runWith({ directory: TEAMS });
  const before = await tableDigests(lake);
  const moved = { teams: [...TEAMS.teams, { name: "research", members: [{ member: "bob@example.com", from: "2026-09-15" }] }] };
  const rules = [{ when: { teams: ["web", "research"] }, team: "research" }];
  expect(await runWith({ directory: moved, allocation: { rules } })).toEqual(writesOf(...MONTHS));
  expect(await owedIn("2026-08")).toEqual({ payments: 3, web: 5 });
  expect(await owedIn("2026-09")).toEqual({ payments: 3, research: 5 });
  expect(await tableDigests(lake)).toMatchObject(Object.fromEntries(Object.entries(before).filter(([key]) => !key.startsWith("allocations/month=2026-09") && !key.startsWith("allocations/month=2026-10"))));
});

test.each<[string, Written, string[]]>([
  ["a member from October on", { directory: { teams: [{ name: "payments", members: ["ann@example.com", { member: "cat@example.com", from: "2026-10-31" }] }, TEAMS.teams[1]] } }, ["2026-10"]],
  ["a member until September", { directory: { teams: [{ name: "payments", members: ["ann@example.com", { member: "cat@example.com", until: "2026-09-01" }] }, TEAMS.teams[1]] } }, ["2026-08"]],
  ["a rule in September", { directory: TEAMS, allocation: { rules: [{ when: {}, team: "web", from: "2026-09-02", until: "2026-09-03" }] } }, ["2026-09"]],
  ["a discount from September on", { directory: TEAMS, allocation: { adjustments: [{ name: "new contract", percent: -1, from: "2026-09-30" }] } }, ["2026-09", "2026-10"]],
  ["a team in November", { directory: { teams: [...TEAMS.teams, { name: "later", members: ["*"], from: "2026-11-01" }] } }, []],
  ["the default for several teams", { directory: TEAMS, allocation: { several: "even" } }, MONTHS],
  ["a policy from October on", { directory: TEAMS, policies: { "2026-10-15": { groups: {} }, "2026-10-16": { groups: { "group:new": ["cat@example.com"] } } } }, MONTHS],
])("%s makes exactly its months stale", async (_name, changed, months) => {
  await runWith({ directory: TEAMS });
  expect(await runWith(changed)).toEqual(writesOf(...months));
  expect(await runWith(changed)).toEqual([]);
});

test("a later policy leaves the months before it as they are", async () => {
  const first = { "2026-08-01": { groups: { "group:x": ["ann@example.com"] } } };
  await runWith({ policies: first });
  expect(await owedIn("2026-09")).toEqual({ x: 3, "(unallocated)": 5 });
  expect(await runWith({ policies: { ...first, "2026-10-11": { groups: { "group:y": ["bob@example.com"] } } } })).toEqual(writesOf("2026-10"));
  expect(await owedIn("2026-10")).toEqual({ x: 3, y: 5 });
});

test("late usage allocates its month anew, and no other", async () => {
  await runWith({ directory: TEAMS });
  writeRequests(source, [{ by: "ann@example.com", at: "2026-09-11T12:00:00Z", dollars: 7 }]);
  const writes = await runWith({ directory: TEAMS });
  expect(writes.filter((write) => write.includes("allocations"))).toEqual(writesOf("2026-09"));
  expect(await owedIn("2026-09")).toEqual({ payments: 10, web: 5 });
});

test("a closed month stays as it is, whatever changes", async () => {
  await runWith({ directory: TEAMS });
  await closeUntilSeptember();
  const writes = await runWith({ directory: { teams: [{ name: "all", members: ["*"] }] } });
  expect(writes).toEqual([...writesOf("2026-10"), `replace ${layout.corrections("2026-10")}`, `replace ${layout.correctionManifest("2026-10")}`]);
  expect(await owedIn("2026-09")).toEqual({ payments: 3, web: 5 });
});

test("a closed month whose allocations are lost gets them back as they were, whatever the rules are now", async () => {
  await runWith({ directory: TEAMS });
  await closeUntilSeptember();
  await lake.remove(layout.allocations("2026-09"));
  await runWith({ directory: { teams: [{ name: "all", members: ["*"] }] } });
  expect(await owedIn("2026-09")).toEqual({ payments: 3, web: 5 });
  expect(await owedIn("2026-10")).toEqual({ all: 8 });
});

test("a closed month that cannot be put back keeps no other from being allocated", async () => {
  mayBeIncoherent("the closed month stays lost");
  await runWith({ directory: TEAMS });
  await closeUntilSeptember();
  await lake.remove(layout.allocations("2026-09"));
  for await (const { key } of lake.list("reports/2026-09/closed-")) await lake.remove(key);
  const writes = recordWrites(lake);
  const changed = settingsOf({ directory: { teams: [{ name: "all", members: ["*"] }] } });
  await expect(runOnce(testLedger(new FsStore(source), writes.store, { rules: { allocation: changed } }))).rejects.toMatchObject({
    code: "allocation_failed",
    message: expect.stringMatching(/1 of 2 months .*reports\/2026-09\/closed-/) as string,
  });
  expect(writes.writes.filter(isNoSnapshot)).toEqual(writesOf("2026-10"));
});

async function closeUntilSeptember(): Promise<void> {
  const ledger = testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf({ directory: TEAMS }) } });
  for (const month of ["2026-08", "2026-09"]) await close(ledger, month);
}

test("a month that only another time zone had is removed", async () => {
  writeRequests(source, [{ by: "ann@example.com", at: "2026-10-31T20:00:00Z" }]);
  await runWith({ directory: TEAMS, timezone: "Asia/Tokyo" });
  expect(await owedIn("2026-11")).toEqual({ payments: 1 });
  const writes = await runWith({ directory: TEAMS });
  expect(writes).toContain(`remove ${layout.allocations("2026-11")}`);
  expect(await lake.head(layout.allocationManifest("2026-11"))).toBeUndefined();
  expect(await runWith({ directory: TEAMS })).toEqual([]);
});

test("allocations that were lost or altered are made again, to the same bytes", async () => {
  await runWith({ directory: TEAMS });
  const before = await tableDigests(lake);
  await lake.replace(layout.allocations("2026-09"), Buffer.from("altered"));
  await lake.remove(layout.allocations("2026-10"));
  await lake.remove(layout.allocationManifest("2026-08"));
  expect(await runWith({ directory: TEAMS })).toEqual(writesOf(...MONTHS));
  expect(await tableDigests(lake)).toEqual(before);
});

test("months begin and end in the configured time zone", async () => {
  writeRequests(source, [{ by: "ann@example.com", at: "2026-08-31T22:30:00Z", dollars: 11 }]);
  await runWith({ directory: TEAMS, timezone: "Europe/Berlin" });
  expect(await owedIn("2026-08")).toEqual({ payments: 3, web: 5 });
  expect(await owedIn("2026-09")).toEqual({ payments: 14, web: 5 });
});

test("costs that no row can hold are on several rows, and still add up", async () => {
  writeRequests(source, Array.from({ length: 3 }, (_, minute) => ({ by: "ann@example.com", at: `2026-10-11T12:0${String(minute)}:00Z`, dollars: 999_999_999 })));
  await runWith({ directory: TEAMS });
  const [sums] = await query(`SELECT sum(cost_usd)::VARCHAR AS cost, sum(requests)::DOUBLE AS requests FROM read_parquet('${folder}/${layout.allocations("2026-10")}') WHERE team = 'payments'`);
  expect(sums).toEqual({ cost: "3000000000.000000000", requests: 4 });
});

test("names of every kind come back as they were written", async () => {
  const odd = { by: "o'brien\"\u0000\u202e💸@example.com", at: "2026-10-12T12:00:00Z", repo: "acme/'; DROP TABLE \"x\"\u0000" };
  writeRequests(source, [odd]);
  await runWith({ directory: { teams: [{ name: "O'Brien \"& Söhne\" 💸", members: [odd.by.toUpperCase()] }] } });
  const [row] = await query(`SELECT team, caller, dimensions['repo'] AS repo FROM read_parquet('${folder}/${layout.allocations("2026-10")}') WHERE team <> '(unallocated)'`);
  expect(row).toEqual({ team: "O'Brien \"& Söhne\" 💸", caller: odd.by, repo: odd.repo });
});
