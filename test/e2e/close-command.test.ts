import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import { call, type CallResult } from "../cli/call.ts";
import { writeRequests } from "../request-exports.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { close } from "./closing.ts";
import { contentsOf } from "../keys-of.ts";

const TEAMS = { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] };

function ask(source: string, dollars: number, at: string): void {
  writeRequests(source, [{ by: "ann@example.com", at, dollars }]);
}

describe("aperture-ledger chargeback --close and diff", () => {
  let folder: string;

  async function ledger(...args: string[]): Promise<CallResult> {
    return await call(args, { cwd: folder, env: { USER: "finance" } });
  }

  test("closes, says so, serves what was closed, books what comes later, and explains it", { timeout: 600_000 }, async () => {
    folder = temporaryFolder();
    await writeFile(join(folder, "aperture-ledger.yaml"), `sources: [{name: prod, url: ./exports}]\nlake: ./lake\ndirectory: ${JSON.stringify(TEAMS)}\n`);
    ask(join(folder, "exports"), 3, "2026-09-10T12:00:00Z");
    ask(join(folder, "exports"), 2, "2026-10-10T12:00:00Z");
    expect((await ledger("run")).code).toBe(0);
    expect((await ledger("chargeback", "--month", "2026-10", "--close")).stderr).toMatch(/2026-09 has usage and is open \[close_refused\]/);

    const closed = await ledger("chargeback", "--month", "2026-09", "--close");
    expect(closed.code).toBe(0);
    expect(closed.stdout).toMatch(/^closed {7}\S+ by finance, close [0-9a-f]{16}$/m);
    expect(closed.stdout).toMatch(/^owed {9}\$3\.00/m);
    const again = await ledger("chargeback", "--month", "2026-09", "--close", "--by", "somebody");
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^already .*\n[^]*by finance/) as string]);

    ask(join(folder, "exports"), 7, "2026-09-11T12:00:00Z");
    expect((await ledger("run")).stdout).toMatch(/^corrected 2026-09: booked in 2026-10$/m);
    expect((await ledger("status")).stdout).toMatch(/^months {7}\d allocated, 0 stale, closed up to 2026-09$/m);
    const september = (await ledger("chargeback", "--month", "2026-09")).stdout;
    expect(september).toMatch(/^owed {9}\$3\.00/m);
    expect(september).toMatch(/^corrected {4}\$7\.00 since, booked in 2026-10, 1 row$/m);
    const october = await ledger("chargeback", "--month", "2026-10");
    expect(october.stdout).toMatch(/^corrections {2}\$7\.00 of 2026-09, 1 row$/m);
    expect(october.stdout).toMatch(/^to book {6}\$9\.00: owed and corrections$/m);
    const { closed: of, ...report } = JSON.parse((await ledger("chargeback", "--month", "2026-09", "--json")).stdout) as Record<string, unknown>;
    expect(of).toMatchObject({ by: "finance", totals: { owed_usd: "3.000000000" }, corrected_since: [{ booking: "2026-10", owed_usd: "7.000000000", rows: 1 }] });
    expect(report).toMatchObject(JSON.parse(await readFile(join(folder, "lake", layout.report("2026-09", "chargeback.json")), "utf8")) as object);

    const diff = await ledger("chargeback", "diff", "2026-09@closed", "2026-09@now");
    expect(diff.code).toBe(0);
    expect(diff.stdout).toMatch(/^because +\+\$7\.00 {2}late_export: 1 export after the close: ts-aperture-export-\d+\.cbor\.zstd, 1 row$/m);
    const json = JSON.parse((await ledger("chargeback", "diff", "2026-09", "2026-10", "--json")).stdout) as object;
    expect(json).toMatchObject({ a: "2026-09@closed", b: "2026-10@now", same: false, total: { difference_usd: "-1.000000000" } });
    expect((await ledger("chargeback", "--close")).code).toBe(2);
  });
});

describe("on S3", () => {
  test("a month is closed once, keeps its bytes, and is corrected in the next", { timeout: 600_000 }, async () => {
    const place = await freshS3(SHARED_S3);
    for (const [name, value] of Object.entries(place.env)) vi.stubEnv(name, value);
    const lake = await openStore({ ...place.location, url: `${place.location.url}/lake` });
    const source = temporaryFolder();
    ask(source, 3, "2026-09-10T12:00:00Z");
    const ledger = testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf({ directory: TEAMS }) } });
    await runOnce(ledger);
    const closes = await Promise.all([close(ledger, "2026-09"), close(ledger, "2026-09")]);
    expect(closes.filter(({ isNew }) => isNew)).toHaveLength(1);
    const before = await contentsOf(lake, "reports/2026-09/");
    ask(source, 7, "2026-09-11T12:00:00Z");
    ask(source, 1, "2026-10-11T12:00:00Z");
    expect((await runOnce(ledger)).corrections).toEqual({ booking: "2026-10", corrected: ["2026-09"], changed: true });
    expect(await contentsOf(lake, "reports/2026-09/")).toEqual(before);
    const reported = await reportMonth(ledger, "2026-10");
    expect("open" in reported ? reported.open.report.corrections.map(({ difference }) => difference) : []).toEqual([7_000_000_000n]);
    expect((await runOnce(ledger)).corrections).toMatchObject({ changed: false });
  });
});
