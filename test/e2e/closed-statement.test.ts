import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readSealed } from "../../src/archive/timekeeping/read-sealed.ts";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { closeMonth } from "../../src/chargeback/close-month.ts";
import { serveClosed } from "../../src/chargeback/report-month.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { CloseRecord } from "../../src/lake/records/close-record.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { newKey } from "../archive/sign-now.ts";
import { readCsv } from "../chargeback/read-csv.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { writeRequests } from "../request-exports.ts";
import { madeOnce, temporaryFolder, testLedger } from "../test-ledger.ts";

let record: CloseRecord;
let folder: string;
let head: string;

/** September with two teams, sealed on 1 October and closed on the 2nd. */
const closed = madeOnce(async (lake) => {
  const source = temporaryFolder();
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 3 },
    { by: "bob@example.com", at: "2026-09-30T12:00:00Z", dollars: 5 },
  ]);
  const key = newKey();
  const now = new Date("2026-10-01T23:00:00Z");
  const store = new FsStore(lake);
  const teams = [{ name: "red", cost_center: "CC-1", members: ["ann@example.com"] }, { name: "blue", members: ["bob@example.com"] }];
  const ledger = testLedger(new FsStore(source), store, {
    rules: { allocation: settingsOf({ timezone: "Europe/Berlin", directory: { teams } }), report: { tags: "even", dimensions: [], focus: { version: "1.2", detail: "caller", formats: ["csv"], nightly: false }, secondCurrency: undefined, rates: [], company: "Acme & Sons", owners: new Map([["red", "rita@example.com"]]), journal: { account: "6815", accounts: new Map([["CC-1", "6816"]]), clearing: "1590" } } },
    work: { archiving: { ...PLAIN_ARCHIVE, signingKey: key }, clock: () => now },
  });
  await runOnce(ledger);
  await sealArchive(ledger, await loadLedgerState(store), now);
  const chain = await readSealed(store, key.publicKey);
  ({ record } = await closeMonth(ledger, "2026-09", { by: "Kim, finance", now: new Date("2026-10-02T07:30:00Z"), chain }));
  await serveClosed(store, record);
  head = chain[0]?.sha256 ?? "";
});

beforeEach(async () => {
  folder = join(await closed(), "reports/2026-09");
});

const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const textOf = (page: string): string => page.replace(/<[^>]+>/g, "").replaceAll("&amp;", "&").replaceAll("&#39;", "'");

test("every page of a closed month begins with the company, and says who closed it, when, under which id, and where the chain ended", () => {
  expect(head).toMatch(/^[0-9a-f]{64}$/);
  for (const [file, title] of [["chargeback.html", "Acme & Sons: Chargeback September 2026"], ["teams/red/chargeback.html", "Acme & Sons: Chargeback September 2026: red"]] as const) {
    const page = textOf(read(file));
    expect(page).toContain(title);
    expect(page).toContain(`Closed: by Kim, finance on 2 October 2026 at 09:30 (Europe/Berlin), close ${record.id}. The archive’s signed chain ended for prod at 2026-10-01 with SHA-256 ${head.slice(0, 16)}….`);
    expect(page).toMatch(/Made by aperture-ledger \d+\.\d+\.\d+/);
  }
});

test("the JSON of company and team say the same, the chain's digest in full", () => {
  const close = { id: record.id, at: "2026-10-02T07:30:00.000Z", by: "Kim, finance", chain: [{ instance: "prod", day: "2026-10-01", sha256: head }] };
  for (const file of ["chargeback.json", "teams/red/chargeback.json"]) expect(JSON.parse(read(file))).toMatchObject({ company: "Acme & Sons", status: { kind: "closed", close } });
  expect(record).toMatchObject({ chain: close.chain, closed_by: close.by });
});

test("a team's owner stands with the team, on its own page and on the company's, and on no other team's", () => {
  for (const file of ["chargeback.html", "teams/red/chargeback.html"]) expect(textOf(read(file))).toContain("Ownerrita@example.com");
  expect(JSON.parse(read("teams/red/chargeback.json"))).toMatchObject({ owner: "rita@example.com" });
  for (const file of ["teams/blue/chargeback.html", "teams/blue/chargeback.json"]) expect(read(file)).not.toContain("rita");
});

test("each line of summary.csv and teams.csv names the close", () => {
  for (const file of ["summary.csv", "teams.csv", "teams/red/chargeback.csv"]) {
    const [columns = [], ...rows] = readCsv(read(file));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect([row[columns.indexOf("status")], row[columns.indexOf("close_id")]]).toEqual(["closed", record.id]);
  }
});

test("the journal is a document with the number of the close", () => {
  expect(read("journal.csv").replace("\uFEFF", "").trimEnd().split("\n").slice(1)).toEqual([
    `${record.id},2026-09-30,2026-09,6815,,blue,5.00,,5.00,USD,AI usage September 2026`,
    `${record.id},2026-09-30,2026-09,6816,CC-1,red,3.00,,3.00,USD,AI usage September 2026`,
    `${record.id},2026-09-30,2026-09,1590,,,,8.00,-8.00,USD,AI usage September 2026`,
  ]);
});
