import { join } from "node:path";
import fc from "fast-check";
import { withAllocatedSpan } from "../../src/allocation/shares/allocate-span.ts";
import type { AllocationSettings } from "../../src/allocation/settings/settings.ts";
import type { MonthTables } from "../../src/chargeback/gathering/month-tables.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { writeDayTables } from "../../src/lake/days/day-tables.ts";
import { LandingWriter } from "../../src/lake/landing/landing-writer.ts";
import { startOfDay } from "../../src/ledger/days.ts";
import { boundMonth, daysOfMonth } from "../../src/ledger/months.ts";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";
import { PEOPLE, TAGS } from "../allocation/settings-arbitrary.ts";
import { usageRecord } from "../lake/usage-arbitrary.ts";
import { temporaryFolder } from "../test-ledger.ts";

/** A record like many others: few keys, agents and sessions, so that they meet. */
const ordinary = fc.record({
  sessionId: fc.constantFrom(null, "s1", "s2", "s3"),
  agent: fc.constantFrom(null, "claude-code", "codex", "a b"),
  instance: fc.constantFrom("east", "west"),
  provider: fc.constant("anthropic"),
  model: fc.constantFrom("opus", "haiku"),
  dimensions: fc.constantFrom<Record<string, string>>({}, { repo: "acme/one" }),
  cost: fc.option(fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 10n ** 15n })), { freq: 6 }),
});

/** Any record, or an ordinary one; most of them by somebody that a directory may know. */
export const builtRecord: fc.Arbitrary<UsageRecord> = fc
  .tuple(usageRecord, fc.option(ordinary, { nil: undefined, freq: 4 }), fc.option(fc.constantFrom(...PEOPLE), { nil: undefined }), fc.option(fc.subarray(TAGS, { minLength: 1 }), { nil: undefined, freq: 1 }))
  .map(([usage, known = {}, login, tags]) => {
    const record = { ...usage, ...known };
    const priced = { ...record, costSource: record.cost === null ? "none" as const : "aperture" as const };
    if (tags !== undefined) return { ...priced, caller: tags.join(","), callerType: "tag", tags };
    return login === undefined ? priced : { ...priced, caller: login, callerType: "user", tags: [] };
  });

interface BuiltFiles {
  usage: string[];
  rollups: string[];
}

/** Writes the tables of the records' days. */
export async function buildRecords(folder: string, records: readonly UsageRecord[]): Promise<BuiltFiles> {
  const landing = new LandingWriter(folder, { time: new Date("2026-10-05T00:00:00Z"), version: 0 });
  for (const [position, one] of records.entries()) landing.add({ ...one, captureId: `capture-${String(position)}` }, position);
  const files = landing.finish();
  return await withDuckDb({ temporaryDirectory: folder }, async (duck) => {
    const tables = files.map(({ date }) => ({ usage: join(folder, `usage-${date}.parquet`), rollups: join(folder, `rollups-${date}.parquet`) }));
    for (const [index, { file }] of files.entries()) await writeDayTables(duck, [file], tables[index]!, withoutPrices("2026-10-05", "prod"));
    return { usage: tables.map((table) => table.usage), rollups: tables.map((table) => table.rollups) };
  });
}

/** October 2026 of these records, allocated. */
export async function withBuiltMonth<Result>(records: readonly UsageRecord[], settings: AllocationSettings, use: (tables: MonthTables) => Promise<Result>): Promise<Result> {
  const workspace = temporaryFolder();
  const { usage, rollups } = await buildRecords(workspace, records);
  const month = boundMonth("2026-10", settings.timezone);
  const days = daysOfMonth(month);
  const borders = [...days.map((day) => startOfDay(day, month.timezone)), month.to];
  return await withDuckDb({ temporaryDirectory: workspace, threads: 1 }, (duck) =>
    withAllocatedSpan(duck, { files: rollups, span: month, settings, cuts: borders.slice(0, -1) }, (allocation) =>
      use({ duck, month, days, borders, allocation, usage: usage.map((file) => ({ instance: "prod", file })), workspace })));
}
