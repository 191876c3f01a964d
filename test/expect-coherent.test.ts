import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { reportMonth } from "../src/chargeback/report-month.ts";
import { layout } from "../src/lake/layout.ts";
import { runOnce } from "../src/run/run-once.ts";
import { FsStore } from "../src/storage/fs/fs-store.ts";
import { settingsOf } from "./allocation/who-pays.ts";
import { KEY, seal, sha256, signingWith } from "./archive/sealing.ts";
import { close } from "./e2e/closing.ts";
import { expectCoherent, violationsOf } from "./expect-coherent.ts";
import { keysOf } from "./keys-of.ts";
import { query } from "./query.ts";
import { writeRequests } from "./request-exports.ts";
import { madeOnce, temporaryFolder, testLedger } from "./test-ledger.ts";

const TEAMS = settingsOf({ directory: { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] }, allocation: { adjustments: [{ name: "discount", percent: -10 }] } });
const [CLOSED, OPEN] = ["2026-09", "2026-10"];

/** One of everything: a closed month, corrections of it in the next, its report and FOCUS export, two digests. */
const whole = madeOnce(async (folder) => {
  const source = join(folder, "source");
  const lake = new FsStore(join(folder, "lake"));
  const ledger = testLedger(new FsStore(source), lake, { rules: { allocation: TEAMS } }, signingWith(KEY));
  const ask = (day: string, dollars: number): void => writeRequests(source, ["ann", "bob"].map((name) => ({ by: `${name}@example.com`, at: `${day}T12:00:00Z`, dollars })));
  ask(`${CLOSED}-10`, 3);
  ask(`${OPEN}-10`, 5);
  await runOnce(ledger);
  await seal(ledger, "2026-10-30");
  await close(ledger, CLOSED);
  ask(`${CLOSED}-12`, 7);
  await runOnce(ledger);
  await seal(ledger, "2026-10-31");
  await reportMonth(ledger, OPEN);
});

/** Of the documents below, what a test alters. */
interface Content {
  totals: { requests: number; unpriced_requests: number; cost_usd: string; owed_usd: string };
  duplicates: number;
  allocations: { rows: number };
  corrected: [{ owed_usd: string }];
  total: { cost_usd: string; billing: Record<string, unknown> };
  exports: [{ sha256: string }];
  records: { accepted: number };
}

/** A lake that a test may alter, and ways to do it. */
class Altering {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(key: string): string {
    return join(this.folder, key);
  }

  /** Changes a document, which stays JSON. */
  document(key: string, change: (content: Content) => void): void {
    const content = JSON.parse(readFileSync(this.path(key), "utf8")) as Content;
    change(content);
    writeFileSync(this.path(key), JSON.stringify(content));
  }

  /** Replaces a table by a query over it, and has every document that vouches for it vouch for that: only its figures are wrong. */
  async table(key: string, select: string): Promise<void> {
    const before = sha256(readFileSync(this.path(key)));
    const other = `${this.path(key)}.other`;
    await query(`COPY (SELECT ${select} FROM read_parquet('${this.path(key)}', hive_partitioning = false)) TO '${other}' (FORMAT parquet)`);
    renameSync(other, this.path(key));
    const bytes = readFileSync(this.path(key));
    for (const manifest of await keysOf(new FsStore(this.folder), "_ledger/")) {
      const content = readFileSync(this.path(manifest), "utf8");
      if (!content.includes(before)) continue;
      const replaced = JSON.stringify(JSON.parse(content, (_, value: unknown) => (isObject(value) && value["key"] === key ? { ...value, size: bytes.byteLength } : value)));
      writeFileSync(this.path(manifest), replaced.replaceAll(before, sha256(bytes)));
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const DAY = `${OPEN}-10`;
const [usage, rollups, day] = [layout.usage(DAY, "prod"), layout.rollups(DAY, "prod"), layout.dayManifest(DAY, "prod")];
const [allocations, corrections] = [layout.allocations(OPEN), layout.corrections(OPEN)];
const [report, focus] = [layout.report(OPEN, "chargeback.json"), layout.report(OPEN, "focus.parquet")];
const more = (column: string): string => `* REPLACE ((${column} + 0.000000001)::DECIMAL(38,9) AS ${column})`;
const firstBelow = async (lake: Altering, prefix: string): Promise<string> => (await keysOf(new FsStore(lake.folder), prefix))[0] ?? "";
const COPIES = "archive/prod/2026/";

test.each<[string, (lake: Altering) => Promise<void> | void, RegExp]>([
  ["a nanodollar more in usage", (lake) => lake.table(usage, more("cost_usd")), /^usage and rollups: /],
  ["another model in usage", (lake) => lake.table(usage, "* REPLACE ('other' AS model)"), /^usage and rollups: /],
  ["a token more in rollups", (lake) => lake.table(rollups, "* REPLACE (input_tokens + 1 AS input_tokens)"), /^usage and rollups: /],
  ["a request more in rollups", (lake) => lake.table(rollups, "* REPLACE (requests + 1 AS requests)"), /^usage and rollups: /],
  ["bytes of a table that nobody vouches for", (lake) => appendFileSync(lake.path(usage), "x"), /usage.* bytes, _ledger\/days/],
  ["a table without a manifest", (lake) => rmSync(lake.path(day)), /is of no day that has a manifest/],
  ["a lost landing file", async (lake) => rmSync(lake.path(await firstBelow(lake, "landing/"))), /^landing\/.* is not there/],
  ["a day's requests", (lake) => lake.document(day, (content) => content.totals.requests++), /requests: 3 is not 2/],
  ["a day's cost", (lake) => lake.document(day, (content) => (content.totals.cost_usd = "1.000000000")), /cost: "1.000000000" is not/],
  ["a day's unpriced requests", (lake) => lake.document(day, (content) => content.totals.unpriced_requests++), /unpriced requests: 1 is not 0/],
  ["an unpriced request more in rollups", (lake) => lake.table(rollups, "* REPLACE (unpriced_requests + 1 AS unpriced_requests)"), /unpriced requests: 0 is not/],
  ["a day's duplicates", (lake) => lake.document(day, (content) => content.duplicates++), /duplicates: 1 is not 0/],
  ["a nanodollar more in allocations", (lake) => lake.table(allocations, more("cost_usd")), /cost: /],
  ["another provider in allocations", (lake) => lake.table(allocations, "* REPLACE ('other' AS provider)"), /^allocations with corrections, and rollups: /],
  ["requests of a month that nobody has", (lake) => lake.table(allocations, "* REPLACE ((requests * 2)::DECIMAL(38,9) AS requests)"), /^allocations with corrections, and rollups: /],
  ["a month's rows", (lake) => lake.document(layout.allocationManifest(OPEN), (content) => content.allocations.rows++), /rows: /],
  ["a nanodollar more in corrections", (lake) => lake.table(corrections, more("difference_usd")), /owed of 2026-09/],
  ["corrections of another model", (lake) => lake.table(corrections, "* REPLACE ('other' AS model)"), /^allocations with corrections, and rollups: /],
  ["what corrections come to", (lake) => lake.document(layout.correctionManifest(OPEN), (content) => (content.corrected[0].owed_usd = "1.000000000")), /owed of 2026-09/],
  ["what a close says that is owed", (lake) => lake.document(layout.close(CLOSED), (content) => (content.totals.owed_usd = "1.000000000")), /^close of 2026-09: owed/],
  ["a closed file", async (lake) => appendFileSync(lake.path(await firstBelow(lake, `reports/${CLOSED}/closed-`)), "x"), /closed-.* bytes, _ledger\/closes/],
  ["a report's total", (lake) => lake.document(report, (content) => (content.total.cost_usd = "1.000000000")), /chargeback\.json by_model/],
  ["a report's billing", (lake) => lake.document(report, (content) => Object.assign(content.total.billing, { metered: content.total.billing["subscription"], subscription: content.total.billing["metered"] })), /cost of metered/],
  ["a nanodollar more in the FOCUS export", (lake) => lake.table(focus, more("BilledCost")), /focus\.parquet billed cost/],
  ["a copy's bytes", async (lake) => appendFileSync(lake.path(await firstBelow(lake, COPIES)), "x"), /^archive\/prod\/2026.* bytes/],
  ["a lost copy", async (lake) => rmSync(lake.path(await firstBelow(lake, COPIES))), /^archive\/prod\/2026.* is not there/],
  ["a lost receipt", async (lake) => rmSync(lake.path(await firstBelow(lake, "archive/prod/_receipts/"))), /has no receipt/],
  ["a lost digest", async (lake) => rmSync(lake.path(await firstBelow(lake, "archive/prod/_digests/"))), /previous: /],
  ["what a digest says of a copy", async (lake) => lake.document(await firstBelow(lake, "archive/prod/_digests/"), (content) => (content.exports[0].sha256 = "0".repeat(64))), /never was what/],
  ["records of an export", async (lake) => lake.document(await firstBelow(lake, "_ledger/exports/"), (content) => content.records.accepted++), /records: 2 is not 3/],
])("%s is found where it differs", async (_what, alter, violation) => {
  const lake = new Altering(join(await whole(), "lake"));
  await alter(lake);
  expect(await violationsOf(lake.folder)).toEqual(expect.arrayContaining([expect.stringMatching(violation)]));
});

test("a ledger with one of everything is coherent, and so is an empty one", async () => {
  for (const lake of [join(await whole(), "lake"), temporaryFolder()]) await expect(expectCoherent(lake)).resolves.toBeUndefined();
});
