import { describe, expect, test } from "vitest";
import type { DayManifest } from "../../src/lake/days/day-manifest.ts";
import { loadAlerts } from "../../src/lake/records/alert-record.ts";
import { budgetsInForce, currentEvaluations } from "../../src/limits/budgets/evaluations.ts";
import { evaluateAll } from "../../src/limits/budgets/evaluate-limits.ts";
import { tellAlerts } from "../../src/limits/delivering/tell-alerts.ts";
import type { LiveRequests } from "../../src/limits/live/live-requests.ts";
import { LiveWatch } from "../../src/limits/watch-live.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { changeLedger } from "../change-ledger.ts";
import { startReceiver } from "../messages/receiver.ts";
import { testTools } from "../messages/sending-tools.ts";
import { plainLedger } from "../plain-ledger.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { notifying, ops } from "./raised-alerts.ts";
import { budgetOf, DOLLAR, spentOn } from "./spent.ts";

const BUDGET = budgetOf({ name: "daily", per: "day", thresholds: [80, 100], forecast: false, notify: ["ops"] });
const RAISED = new Date("2026-10-08T12:00:00Z");

interface World {
  lake: ObjectStore;
  ledger: Ledger;
  tools: ReturnType<typeof testTools>;
  /** Thresholds in the order in which they came. */
  told: () => string[];
  /** The texts of the last message. */
  last: () => { title: string; lines: string[]; kind: string; figures: Record<string, unknown> };
}

async function openWorld(live: { live?: true } = { live: true }): Promise<World> {
  const lake = new FsStore(temporaryFolder());
  const { url, received } = await startReceiver();
  const tools = testTools();
  tools.now = RAISED;
  const alerting = { notifying: notifying([ops(url)]), anomalies: undefined, ...live, tools };
  const ledger = changeLedger(plainLedger(lake, lake), { rules: { budgets: () => [BUDGET] }, telling: { alerting } });
  const bodies = (): World["last"] extends () => infer Body ? (Body & { threshold: string })[] : never => received.map(({ body }) => JSON.parse(body) as ReturnType<World["last"]> & { threshold: string });
  return { lake, ledger, tools, told: () => bodies().map(({ threshold }) => threshold).toSorted(), last: () => bodies().at(-1)! };
}

/** Hooks told of so many dollars of a gateway's requests. */
function telling(dollars: number, instance = "prod"): LiveRequests {
  const sum = { instance, login: null, provider: null, model: "m", minute: new Date(RAISED.getTime() - 60_000), requests: 1, unpriced: 0, cost: BigInt(dollars) * DOLLAR };
  return { add: () => Promise.reject(new Error("not asked")), sumsFrom: () => Promise.resolve({ since: new Date("2026-10-01"), sums: [sum] }), seen: () => { throw new Error("not asked"); } };
}

function watching({ ledger, tools }: World, requests: LiveRequests): LiveWatch {
  return new LiveWatch(() => Promise.resolve(ledger), { requests, keepHours: 72 }, () => tools.now);
}

/** The night's check: the ledger has so many dollars of the day, and exports of each gateway up to a time. */
async function check({ ledger }: World, dollars: number, covered: Record<string, string>): Promise<void> {
  const now = new Date("2026-10-08T20:00:00Z");
  const states = evaluateAll(currentEvaluations(budgetsInForce([BUDGET], now), now, now), new Map([["UTC", [spentOn("2026-10-08", { cost: BigInt(dollars) * DOLLAR })]]]));
  const days = Object.entries(covered).map(([instance, time]) => ({ instance, date: "2026-10-08", inputs: [{ export: { time } }] }) as unknown as DayManifest);
  await tellAlerts(ledger, states, days, now);
}

describe("a threshold that a live estimate reaches", () => {
  test("raises one provisional alert, however often and by whom it is looked at", async () => {
    const world = await openWorld();
    const watch = watching(world, telling(85));
    await watch.check();
    await watch.check();
    await watching(world, telling(90)).check();
    expect(world.told()).toEqual(["live-80"]);
    expect(world.last()).toMatchObject({ kind: "provisional", title: "Budget daily (everything): 80 % of $100.00 is spent in 2026-10-08 by a live estimate; provisional", figures: { kind: "live estimate", spent_usd: "85.000000000", gateways: "prod" } });
    expect(world.last().lines).toContain("Provisional: the ledger confirms or withdraws it once the exports of that time are in.");
    await watching(world, telling(100)).check();
    expect(world.told()).toEqual(["live-100", "live-80"]);
  });

  test("raises none where the ledger has told of it", async () => {
    const world = await openWorld();
    await check(world, 85, {});
    await watching(world, telling(85)).check();
    expect(world.told()).toEqual(["80"]);
  });

  test("is not looked at where nothing reaches one", async () => {
    const world = await openWorld();
    expect(await watching(world, telling(79)).check()).toBeUndefined();
    expect(await loadAlerts(world.lake)).toEqual([]);
  });
});

describe("the ledger", () => {
  test("confirms it by its own alert, which says so", async () => {
    const world = await openWorld();
    await watching(world, telling(85)).check();
    await check(world, 82, { prod: "2026-10-08T13:00:00Z" });
    expect(world.told()).toEqual(["80", "live-80"]);
    expect(world.last().lines[0]).toBe("This confirms the live estimate of 2026-10-08 12:00 UTC.");
    await check(world, 82, { prod: "2026-10-08T14:00:00Z" });
    expect(world.told()).toHaveLength(2);
  });

  test("withdraws it once, when the exports of its time are in and it is not reached", async () => {
    const world = await openWorld();
    await watching(world, telling(85)).check();
    await check(world, 10, { prod: "2026-10-08T11:59:59Z" });
    expect(world.told()).toEqual(["live-80"]);
    await check(world, 10, { prod: "2026-10-08T12:00:00Z" });
    await check(world, 10, { prod: "2026-10-08T13:00:00Z" });
    expect(world.told()).toEqual(["live-80", "withdrawn-80"]);
    expect(world.last()).toMatchObject({ kind: "withdrawn", title: "Budget daily (everything): 80 % of $100.00 was not reached in 2026-10-08; the live estimate is withdrawn", figures: { spent_usd: "10.000000000", raised_at: "2026-10-08T12:00:00.000Z" } });
    await check(world, 81, { prod: "2026-10-08T15:00:00Z" });
    expect(world.told()).toEqual(["80", "live-80", "withdrawn-80"]);
  });

  test("waits for the exports of each gateway whose hooks had added to it, and for no other", async () => {
    const world = await openWorld();
    await watching(world, telling(85, "west")).check();
    await check(world, 10, { prod: "2026-10-08T18:00:00Z" });
    expect(world.told()).toEqual(["live-80"]);
    await check(world, 10, { prod: "2026-10-08T11:00:00Z", west: "2026-10-08T18:00:00Z" });
    expect(world.told()).toEqual(["live-80", "withdrawn-80"]);
  });

  test("says nothing of live estimates where hooks are not configured", async () => {
    const world = await openWorld({});
    await check(world, 82, { prod: "2026-10-08T13:00:00Z" });
    expect(world.told()).toEqual(["80"]);
    expect(world.last().lines[0]).toMatch(/^Spent \$82/);
  });
});
