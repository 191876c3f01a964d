import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { type ExplainedTeam, explainTeam } from "../../src/allocation/explain-team.ts";
import { publishClose, reportForClose } from "../../src/chargeback/close-month.ts";
import { prepareClose } from "../../src/chargeback/closing/prepare-close.ts";
import { describeExplained } from "../../src/cli/commands/describe-explained.ts";
import { layout } from "../../src/lake/layout.ts";
import type { CloseRecord } from "../../src/lake/records/close-record.ts";
import { digestGateway, type GatewayConfig, keepGatewaySnapshot } from "../../src/lake/records/gateway-snapshots.ts";
import { keepPolicySnapshot, loadPolicySnapshots } from "../../src/lake/records/policy-snapshots.ts";
import { openClosedAccess } from "../../src/open/open-access.ts";
import { configSchema } from "../../src/config/config.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import { type GrantedAccess, reviewMonth } from "../../src/limits/review-access.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { reconcileMonth } from "../../src/reconciliation/reconcile-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { NO_PRICES } from "../no-prices.ts";
import { writeRequests } from "../request-exports.ts";
import { DIMENSIONS, madeOnce, mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { allocateAll, close, CLOSER } from "./closing.ts";

const TEAMS: Written = { directory: { teams: [{ name: "a", members: ["ann@example.com", "bob@example.com"] }, { name: "b", members: ["cat@example.com"] }] } };
const MOVED: Written = { directory: { teams: [{ name: "a", members: ["ann@example.com"] }, { name: "b", members: ["cat@example.com", "bob@example.com"] }] } };

let source: string;
let lake: FsStore;

/** August with $10 of ann and $3 of bob, and something in September. */
const twoMonths = madeOnce(async (place) => {
  settleAt(place);
  writeRequests(source, [
    { by: "ann@example.com", at: "2026-08-10T12:00:00Z", dollars: 10 },
    { by: "bob@example.com", at: "2026-08-20T12:00:00Z", dollars: 3 },
    { by: "cat@example.com", at: "2026-09-05T12:00:00Z", dollars: 1 },
  ]);
  await runOnce(ledgerWith(TEAMS));
});

beforeEach(async () => settleAt(await twoMonths()));

function settleAt(place: string): void {
  source = join(place, "source");
  lake = new FsStore(join(place, "lake"));
}

function ledgerWith(written: Written, normalisingAt?: Ledger["rules"]["normalisingAt"]): Ledger {
  return testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf(written), ...(normalisingAt && { normalisingAt }) } });
}

/** Closes as versions did that kept no usage. */
async function closeWithoutUsage(): Promise<CloseRecord> {
  const reported = await reportForClose(ledgerWith(TEAMS), boundMonth("2026-08", "UTC"), []);
  return (await publishClose(lake, await prepareClose({ ...reported, usage: [] }, CLOSER))).record;
}

async function lateRecord(written = MOVED): Promise<void> {
  writeRequests(source, [{ by: "ann@example.com", at: "2026-08-21T12:00:00Z", dollars: 99 }]);
  await runOnce(ledgerWith(written));
}

const dollars = (amount: bigint): number => Number(amount) / 1e9;
const paid = ({ records }: ExplainedTeam): [string, number][] => ("why" in records ? [] : records.listed.map(({ usage, part }) => [usage.caller, dollars(part)]));
const linesOf = (explained: ExplainedTeam, team: string, label: string): string[] => describeExplained(explained, team).filter((line) => line.startsWith(label));

describe("a closed month", () => {
  test("is explained by the records and the directory it was closed with, whatever came later; that is shown as corrections", async () => {
    const { record } = await close(ledgerWith(TEAMS), "2026-08");
    await lateRecord();
    const a = await explainTeam(ledgerWith(MOVED), "2026-08", "a", 10);
    expect(paid(a)).toEqual([["ann@example.com", 10], ["bob@example.com", 3]]);
    expect(a.members.map(({ caller, via }) => [caller, via])).toEqual([["ann@example.com", "ann@example.com"], ["bob@example.com", "bob@example.com"]]);
    expect(a.corrections.map(({ booking, bookedBy, cause, owed }) => [booking, bookedBy, cause, dollars(owed)])).toEqual([
      ["2026-09", null, "late_export", 99],
      ["2026-09", null, "directory_change", -3],
    ]);
    expect(linesOf(a, "a", "owed ")).toEqual(["owed         $13.00"]);
    expect(linesOf(a, "a", "closed ")).toEqual([`closed       as closed on 2027-06-01 by finance@example.com (${record.id}): with the settings, prices and records of that time`]);
    expect(linesOf(a, "a", "correction ")).toEqual([
      expect.stringMatching(/^correction +\$99\.00 {2}booked in 2026-09 \(open, may still change\): Late export, 1 export after the close: /) as string,
      expect.stringMatching(/^correction +-\$3\.00 {2}booked in 2026-09 \(open, may still change\): Changed owner, /) as string,
    ]);
    expect(linesOf(a, "a", "corrected ")).toEqual([expect.stringMatching(/ \$109\.00 {2}owed with them$/) as string]);
  });

  test("names the close that booked its corrections, once that month is closed too", async () => {
    await close(ledgerWith(TEAMS), "2026-08");
    await lateRecord();
    const { record } = await close(ledgerWith(MOVED), "2026-09");
    const b = await explainTeam(ledgerWith(MOVED), "2026-08", "b", 10);
    // Team b had nothing in August; bob's $3 are booked for it in September.
    expect([b.rows, paid(b)]).toEqual([[], []]);
    expect(b.corrections.map(({ booking, bookedBy, owed }) => [booking, bookedBy, dollars(owed)])).toEqual([["2026-09", record.id, 3]]);
  });

  test("that was closed in another time zone is explained in that one", async () => {
    writeRequests(source, [{ by: "ann@example.com", at: "2026-08-31T23:30:00Z", dollars: 5 }]);
    await runOnce(ledgerWith(TEAMS));
    await close(ledgerWith(TEAMS), "2026-08");
    const berlin = ledgerWith({ ...TEAMS, timezone: "Europe/Berlin" });
    await runOnce(berlin);
    const explained = await explainTeam(berlin, "2026-08", "a", 10);
    expect(explained.month.timezone).toBe("UTC");
    expect(paid(explained)).toEqual([["ann@example.com", 10], ["ann@example.com", 5], ["bob@example.com", 3]]);
    expect(explained.corrections.map(({ cause, owed }) => [cause, dollars(owed)])).toEqual([["directory_change", -5]]);
  });

  test("of a team that has nothing in it names the teams of the close", async () => {
    await close(ledgerWith(TEAMS), "2026-08");
    await expect(explainTeam(ledgerWith(TEAMS), "2026-08", "b", 10)).rejects.toMatchObject({ code: "usage", message: '"b" pays for nothing in 2026-08' });
  });
});

describe("other readers of a closed month", () => {
  test("an access review is of the requests of the close, and of those of now where it is asked for them", async () => {
    const { record } = await close(ledgerWith(TEAMS), "2026-08");
    writeRequests(source, [{ by: "eve@example.com", at: "2026-08-22T12:00:00Z", dollars: 1 }]);
    await runOnce(ledgerWith(TEAMS));
    const granted = { instances: ["prod"], accessOf: () => ({ grants: [] }), tailnetGrants: [], policy: null };
    const period = { month: boundMonth("2026-08", "UTC"), unusedDays: 90, now: new Date("2027-01-01T00:00:00Z") };
    const reviewOf = async (access: GrantedAccess): Promise<string[]> => (await reviewMonth(lake, access, period, ledgerWith(TEAMS).telling.progress)).uncovered.map(({ caller }) => caller);
    expect(await reviewOf({ close: record, ...granted })).toEqual(["ann@example.com", "bob@example.com"]);
    expect(await reviewOf({ close: null, ...granted })).toEqual(["ann@example.com", "bob@example.com", "eve@example.com"]);
    // An erased caller is not named, although the close keeps the login.
    expect(await reviewOf({ close: record, ...granted, pseudonymOf: (login) => (login === "bob@example.com" ? "erased-1" : undefined) })).toEqual(["ann@example.com", "erased-1"]);
  });

  test("an access review is against the grants and groups that were in force at the close", async () => {
    const accessOf = (pattern: string): GatewayConfig => ({ providers: [], access: { grants: [{ origin: "grants[0]", place: "1:1", src: ["*"], roles: ["user"], models: [{ pattern, buckets: [] }] }], quotas: [] } });
    const kept = await keepGatewaySnapshot(lake, "prod", [], accessOf("anthropic/**"), new Date("2027-05-01T00:00:00Z"));
    await keepPolicySnapshot(lake, [], { groups: new Map([["group:web", ["ann@example.com"]]]), tagOwners: new Map() }, "2027-05-01");
    const { record } = await close(ledgerWith(TEAMS), "2026-08");
    await keepGatewaySnapshot(lake, "prod", kept, accessOf("openai/**"), new Date("2027-06-02T00:00:00Z"));
    await keepPolicySnapshot(lake, await loadPolicySnapshots(lake), { groups: new Map([["group:web", ["bob@example.com"]]]), tagOwners: new Map() }, "2027-06-02");
    const access = await openClosedAccess(lake, record, configSchema.parse({ sources: [{ name: "prod", url: source }], lake: fileURLToPath(lake.url) }));
    expect(access.accessOf("prod")?.grants.map(({ models }) => models.map(({ pattern }) => pattern))).toEqual([["anthropic/**"]]);
    expect([...(access.policy?.groups ?? [])]).toEqual([["group:web", ["ann@example.com"]]]);
    expect([access.accessOf("prod")?.version, access.policyVersion]).toEqual([
      { sha256: digestGateway(accessOf("anthropic/**")), keptSince: "2027-05-01T00:00:00.000Z" },
      { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, keptSince: "2027-05-01" },
    ]);
  });

  test("a bill is compared with the requests of the close, and what is booked elsewhere is named", async () => {
    const { record } = await close(ledgerWith(TEAMS), "2026-08");
    await lateRecord(TEAMS);
    const bill = join(temporaryFolder(), "bill.csv");
    writeFileSync(bill, "date,provider,model,cost_usd\n2026-08-10,anthropic,claude-opus-4-8,10\n2026-08-20,anthropic,claude-opus-4-8,3\n");
    const options = { month: "2026-08", timezone: "UTC", bills: [bill], kept: "without kept bills" as const, workspaces: new Map(), models: new Map(), providers: new Map(), prices: NO_PRICES };
    const { reconciliation, closed, files } = await reconcileMonth(lake, options);
    expect(reconciliation.total.cost).toEqual({ bill: 13_000_000_000n, ledger: 13_000_000_000n });
    expect(closed).toMatchObject({ record: { id: record.id }, doubtful: { rebuilt: [], asNow: [] }, corrections: [{ booking: "2026-09", owed: 99_000_000_000n, rows: 1 }] });
    expect(JSON.parse(Buffer.from(await lake.read(files.json)).toString())).toMatchObject({ closed: { id: record.id, corrections: [{ booked_in: "2026-09", owed_usd: "99.000000000" }] } });
  });
});

describe("a month whose close kept no usage", () => {
  test("shows its records by the tables that still have the bytes the close noted", async () => {
    await closeWithoutUsage();
    const explained = await explainTeam(ledgerWith(MOVED), "2026-08", "a", 10);
    expect(paid(explained)).toEqual([["ann@example.com", 10], ["bob@example.com", 3]]);
    expect(explained.records).toMatchObject({ rebuiltDays: 0 });
  });

  test("makes days with late records again of the exports that the close knew, and says so", async () => {
    await closeWithoutUsage();
    const late = temporaryFolder();
    writeRequests(late, [{ by: "ann@example.com", at: "2026-08-20T13:00:00Z", dollars: 99 }]);
    const [name = ""] = readdirSync(late);
    copyFileSync(join(late, name), join(source, "ts-aperture-export-1789000000.cbor.zstd"));
    await runOnce(ledgerWith(MOVED));
    const explained = await explainTeam(ledgerWith(MOVED), "2026-08", "a", 10);
    expect(paid(explained)).toEqual([["ann@example.com", 10], ["bob@example.com", 3]]);
    expect(explained.records).toMatchObject({ rebuiltDays: 1 });
    expect(linesOf(explained, "a", "attention ")).toEqual([expect.stringContaining("1 day was rebuilt from the exports that the close knew") as string]);
  });

  test("shows no records where its exports, read anew by other rules, give other figures", async () => {
    await closeWithoutUsage();
    const normalisingAt: Ledger["rules"]["normalisingAt"] = (instance) => ({ instance, gateway: [], dimensions: DIMENSIONS, billing: [{ provider: "anthropic", billing: "subscription", from: null }] });
    const reread = ledgerWith(TEAMS, normalisingAt);
    await runOnce(reread);
    const explained = await explainTeam(reread, "2026-08", "a", 10);
    expect(linesOf(explained, "a", "owed ")).toEqual(["owed         $13.00"]);
    expect(linesOf(explained, "a", "record")).toEqual(["records      not known as they were: the close kept no records, and this version of aperture-ledger calculates different figures from its exports"]);
  });

  test("shows no records where they cannot be had, and says why", async () => {
    mayBeIncoherent("a day is taken away");
    await closeWithoutUsage();
    for (const key of [layout.dayManifest("2026-08-20", "prod"), layout.usage("2026-08-20", "prod"), layout.rollups("2026-08-20", "prod")]) await lake.remove(key);
    await allocateAll(ledgerWith(TEAMS));
    const explained = await explainTeam(ledgerWith(TEAMS), "2026-08", "a", 10);
    expect(linesOf(explained, "a", "owed ")).toEqual(["owed         $13.00"]);
    expect(linesOf(explained, "a", "record")).toEqual(["records      not known as they were: the close kept no records, and some of its exports no longer exist: 2026-08-20 of prod"]);
  });
});
