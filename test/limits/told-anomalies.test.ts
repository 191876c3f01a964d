import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { AnomalyCheck } from "../../src/limits/delivering/alerting.ts";
import { findAnomalyAlerts, type SpendOf } from "../../src/limits/delivering/find-anomaly-alerts.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { sendAlerts } from "../../src/limits/delivering/send-alerts.ts";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { addDays } from "../../src/ledger/days.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { testTools } from "../messages/sending-tools.ts";
import { query } from "../query.ts";
import { testLedger } from "../test-ledger.ts";

const ZONE = "America/Los_Angeles";
const DAY = "2026-10-02";
/** Noon of the next day there. */
const NOW = new Date("2026-10-03T19:00:00Z");
const CHECK: AnomalyCheck = {
  of: ["team", "tag", "caller"],
  historyDays: 28,
  leastDays: 10,
  threshold: 5,
  minimum: 20_000_000_000n,
  direction: "up",
  notify: ["ops"],
  timezone: ZONE,
};

function given(rows: readonly DaySpend[]): SpendOf {
  return () => Promise.resolve(rows);
}

interface Spent {
  session: string | null;
  caller: string;
  cents: string;
}

describe("an anomaly's alert", () => {
  let folder: string;
  let lake: FsStore;
  let days: DayManifest[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
    lake = new FsStore(join(folder, "lake"));
    const source = new FsStore(join(folder, "source"));
    for await (const { name, bytes } of simulateExports({ days: 3, records: 600, everySeconds: 21_600 }).exports) await source.create(name, bytes);
    await runOnce(testLedger(source, lake));
    days = [...(await loadLedgerState(lake)).days.values()];
    return () => rmSync(folder, { recursive: true, force: true });
  });

  /** Sessions of the day over there, largest first, as another query sees them. */
  async function sessions(where: string): Promise<Spent[]> {
    return (await query(`
      SELECT session_id AS session, caller, round(sum(cost_usd), 2)::DECIMAL(18,2)::VARCHAR AS cents
      FROM '${folder}/lake/usage/*/*.parquet'
      WHERE billing <> 'subscription' AND cost_usd IS NOT NULL AND strftime(ts + INTERVAL (-7) HOUR, '%Y-%m-%d') = '${DAY}' AND ${where}
      GROUP BY ALL ORDER BY sum(cost_usd) DESC LIMIT 5`)) as unknown as Spent[];
  }

  function spend(caller: string, day: string, dollars: number, changes: Partial<DaySpend> = {}): DaySpend {
    const key = { team: "payments", tag: "(untagged)", caller, callerType: "user", instance: "prod", provider: "anthropic" } as const;
    return { day, ...key, model: "claude-opus-4", billing: "metered", dimensions: {}, cost: BigInt(dollars) * 1_000_000_000n, ...changes };
  }

  function history(caller: string, changes: Partial<DaySpend> = {}): DaySpend[] {
    return Array.from({ length: 20 }, (_, index) => spend(caller, addDays(DAY, -1 - index), 10, changes));
  }

  function shown(lines: readonly string[]): string[] {
    return lines.filter((line) => line.startsWith("Session: ")).map((line) => line.replace(/^Session: (.+) \$([\d.,]+) in .* \(([^,)]+).*$/, "$1 $3 $2"));
  }

  function expected(spent: readonly Spent[]): string[] {
    return spent.map(({ session, caller, cents }) => `${session ?? "(without a session)"} ${caller} ${cents}`);
  }

  async function dearestCaller(): Promise<string> {
    const [first] = await sessions("caller_type = 'user'");
    return first!.caller;
  }

  test("names the sessions that made it, of that day where the ledger's days are, and for a team those of its callers", async () => {
    const caller = await dearestCaller();
    const rows = [...history(caller), spend(caller, DAY, 500)];
    const alerts = await findAnomalyAlerts(lake, CHECK, days, given(rows), NOW);
    expect(alerts.map(({ limit, period, targets }) => [limit, period, targets])).toEqual([
      [`caller ${caller}`, DAY, ["ops"]],
      ["team payments", DAY, ["ops"]],
    ]);
    const truth = expected(await sessions(`caller = '${caller}'`));
    expect(truth.length).toBeGreaterThan(0);
    for (const { lines } of alerts) expect(shown(lines)).toEqual(truth);
  });

  test("of a tag names the sessions of its devices", async () => {
    const [tagged] = await query(`SELECT tags[1] AS tag FROM '${folder}/lake/usage/*/*.parquet' WHERE caller_type = 'tag' AND cost_usd > 0 ORDER BY ts LIMIT 1`);
    const tag = tagged!["tag"] as string;
    const of = { tag, callerType: "tag" } as const;
    const alerts = await findAnomalyAlerts(lake, { ...CHECK, of: ["tag"] }, days, given([...history(tag, of), spend(tag, DAY, 500, of)]), NOW);
    expect(alerts.map(({ lines }) => shown(lines))).toEqual([expected(await sessions(`list_contains(tags, '${tag}')`))]);
  });

  test("comes for each of the last three days, once, however late its usage was, and looks nothing up again", async () => {
    const caller = await dearestCaller();
    const check: AnomalyCheck = { ...CHECK, of: ["caller"] };
    const place = new FsStore(join(folder, "once"));
    const downloads: string[] = [];
    const hooked = new HookedStore(place, (operation, key) => void (operation === "download" && downloads.push(key)));
    const ledger = testLedger(place, hooked);
    const late = [...history(caller), spend(caller, addDays(DAY, -2), 500), spend(caller, addDays(DAY, -3), 500)];
    const found = await findAnomalyAlerts(ledger.stores.lake, check, [], given(late), NOW);
    expect(found.map(({ period }) => period)).toEqual([addDays(DAY, -2)]);
    await sendAlerts(ledger, found, { targets: [], withinMilliseconds: 1000, attempts: 1, retryMilliseconds: 0 }, testTools());
    expect(await findAnomalyAlerts(ledger.stores.lake, check, days, given(late), NOW)).toEqual([]);
    expect(downloads).toEqual([]);
  });
});

test("the spend that is asked for is of the three last complete days and their history, where the ledger's days are", async () => {
  const asked: string[] = [];
  const spendOf: SpendOf = (from, to, timezone) => {
    asked.push(`${from.toISOString()} ${to.toISOString()} ${timezone}`);
    return Promise.resolve([]);
  };
  const lake = new FsStore("/nowhere");
  await findAnomalyAlerts(lake, CHECK, [], spendOf, NOW);
  await findAnomalyAlerts(lake, CHECK, [], spendOf, new Date("2026-11-03T07:59:00Z"));
  expect(asked).toEqual([`2026-09-02T07:00:00.000Z 2026-10-03T07:00:00.000Z ${ZONE}`, `2026-10-02T07:00:00.000Z 2026-11-02T08:00:00.000Z ${ZONE}`]);
});
