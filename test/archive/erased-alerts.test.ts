import { randomUUID } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { eraseCaller, type ErasureReport } from "../../src/archive/erase-caller.ts";
import { eraseFromAlerts } from "../../src/archive/erasing/erase-alerts.ts";
import { finishErasures } from "../../src/archive/finish-erasures.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { tellAlerts } from "../../src/limits/delivering/tell-alerts.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadAlerts } from "../../src/lake/records/alert-record.ts";
import { readJournal, writeJournal } from "../../src/lake/records/journal.ts";
import { layout } from "../../src/lake/layout.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { evaluateLimits } from "../../src/limits/budgets/evaluate-limits.ts";
import { replaceErased, replaceInAlert } from "../../src/limits/alerts/erase-names.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { pseudonymiser } from "../../src/ledger/names/erasure.ts";
import { ARCHIVING, namesLogin } from "../e2e/erasing.ts";
import { budgetOf, DOLLAR, spentOn } from "../limits/spent.ts";
import { mapOf } from "../map-of.ts";
import { NOBODY_TOLD } from "../nobody-told.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { changeLedger } from "../change-ledger.ts";

const LOGIN = "Alice@Example.com";
const DAYS = ["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29"];
/** A dollar a day, and a hundred on the last one. */
const REQUESTS = DAYS.map((day, index): Asked => ({ by: LOGIN, at: `${day}T12:00:00Z`, dollars: index === DAYS.length - 1 ? 100 : 1, session: "a session" }));

const ANOMALIES = { of: ["caller"] as const, historyDays: 5, leastDays: 3, threshold: 5, minimum: 1_000_000_000n, direction: "up" as const, notify: [], timezone: "UTC" };

function openLedger(folder: string): Ledger {
  const ledger = testLedger(new FsStore(join(folder, "exports")), new FsStore(join(folder, "lake")), { work: { clock: () => new Date("2026-10-30T12:00:00Z") } });
  return changeLedger(ledger, { work: { archiving: { ...PLAIN_ARCHIVE, ...ARCHIVING } }, telling: { alerting: { ...NOBODY_TOLD, anomalies: { ...ANOMALIES, of: [...ANOMALIES.of] } } } });
}

test("an alert that was told about a login names its pseudonym afterwards, key and text, and is not told again", async () => {
  const folder = temporaryFolder();
  writeRequests(join(folder, "exports"), REQUESTS);
  const ledger = openLedger(folder);
  await runOnce(ledger);
  const told = await loadAlerts(ledger.stores.lake);
  expect(told.map(({ limit, period }) => [limit, period])).toEqual([["caller alice@example.com", "2026-10-29"]]);

  const read = { at: "2026-10-30T11:00:00.000Z", known: "socket", method: "GET", route: "/live", path: "/live", status: 200 } as const;
  await writeJournal(ledger.stores.lake, [{ ...read, filters: [], by: "alice@example.com" }], "w-1");
  const erase = async (apply: boolean): Promise<ErasureReport> => await eraseCaller(ledger, { login: LOGIN, reason: "asked for", by: "officer", apply }, randomUUID);
  expect((await erase(false)).alerts).toBe(1);
  expect(await loadAlerts(ledger.stores.lake)).toEqual(told);
  const { alerts, journal, pseudonym } = await erase(true);
  expect([alerts, journal]).toEqual([1, 1]);
  expect(await erase(true)).toMatchObject({ alerts: 0, journal: 0 });
  expect((await readJournal(ledger.stores.lake, new Date("2026-10-30"), new Date("2026-10-31"))).entries.map(({ by }) => by)).toEqual([pseudonym]);

  await runOnce(changeLedger(ledger, { telling: { alerting: { ...ledger.telling.alerting } } }));
  const after = await loadAlerts(ledger.stores.lake);
  expect(after.map(({ limit, raised_at, state, figures }) => ({ limit, raised_at, state, spent: figures["spent_usd"] }))).toEqual([
    { limit: `caller ${pseudonym}`, raised_at: told[0]?.raised_at, state: told[0]?.state, spent: told[0]?.figures["spent_usd"] },
  ]);
  expect(await namesLogin(new FsStore(join(folder, "lake/alerts")), join(folder, "lake/alerts"), LOGIN.toLowerCase())).toEqual([]);
});

test("an alert that a worker wrote while somebody was erased loses the login with the daily job, its claims too", async () => {
  const folder = temporaryFolder();
  writeRequests(join(folder, "exports"), REQUESTS);
  const ledger = openLedger(folder);
  await runOnce(ledger);
  const [told] = await loadAlerts(ledger.stores.lake);
  const { pseudonym } = await eraseCaller(ledger, { login: LOGIN, reason: "asked for", by: "officer", apply: true }, randomUUID);
  await ledger.stores.lake.replace(layout.alert(told!), Buffer.from(JSON.stringify(told)));
  await ledger.stores.lake.replace(layout.claim(layout.alertClaims(told!), 2), Buffer.from(JSON.stringify({ format: 1, claim: told!.claim })));
  await finishErasures(ledger, await loadLedgerState(ledger.stores.lake), "officer");
  expect((await loadAlerts(ledger.stores.lake)).map(({ limit }) => limit)).toEqual([`caller ${pseudonym}`]);
  expect(await ledger.stores.lake.head(layout.claim(layout.alertClaims(told!), 2))).toBeUndefined();
  expect(await ledger.stores.lake.head(layout.claim(layout.alertClaims({ ...told!, limit: `caller ${pseudonym}` }), 2))).toBeDefined();
});

test("a budget that is named after somebody erased is not told again, and not under the name", async () => {
  const folder = temporaryFolder();
  const ledger = openLedger(folder);
  const pseudonymOf = (login: string): string | undefined => (login === "alice@example.com" ? "erased-1@example.com" : undefined);
  const now = new Date("2026-10-13T00:00:00Z");
  const budget = budgetOf({ name: "budget of Alice@example.com", scope: mapOf({ caller: "alice@example.com" }) });
  const spend = [spentOn("2026-10-01", { caller: "alice@example.com", cost: 1000n * DOLLAR })];
  const states = evaluateLimits([budget], new Map([[budget.timezone, spend]]), now, now);
  await tellAlerts(ledger, states, [], ledger.work.clock());
  const before = await loadAlerts(ledger.stores.lake);
  expect(before.length).toBeGreaterThan(0);
  await eraseFromAlerts(ledger.stores.lake, replaceErased(pseudonymOf), true);
  const { known } = await tellAlerts(changeLedger(ledger, { rules: { allocation: { ...ledger.rules.allocation, pseudonymOf } } }), states, [], ledger.work.clock());
  expect(known).toBe(before.length);
  const after = await loadAlerts(ledger.stores.lake);
  expect(after.map(({ limit }) => limit)).toEqual(before.map(() => "budget of erased-1@example.com"));
  expect(JSON.stringify(after)).not.toMatch(/alice@example/i);
});

test("logins are found in sentences, whatever stands around them, and nothing else changes", () => {
  const pseudonymOf = pseudonymiser(Buffer.from("00", "hex"));
  const erased = pseudonymOf("alice@example.com") ?? "";
  const replace = replaceErased((login) => (login === "alice@example.com" ? erased : undefined));
  fc.assert(
    fc.property(fc.constantFrom("caller ", "(", "Callers: bob@example.com $1, ", ""), fc.constantFrom("", ":", ".", ")", " $3", ", tag:ci"), (before, after) => {
      expect(replace(`${before}alice@example.com${after}`)).toBe(`${before}${erased}${after}`);
      expect(replace(`${before}malice@example.com${after}`)).toBe(`${before}malice@example.com${after}`);
    }),
  );
  const alert = { limit: "l", period: "p", threshold: "t", title: "t", lines: ["alice@example.com"], figures: { a: 1, b: null, c: "alice@example.com" } };
  expect(replaceInAlert(alert, replace)).toEqual({ ...alert, lines: [erased], figures: { a: 1, b: null, c: erased } });
});
