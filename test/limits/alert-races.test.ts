import { describe, expect, test } from "vitest";
import { loadAlerts, loadOpenAlerts } from "../../src/lake/records/alert-record.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { HookedStore, type StoreOperation } from "../hooked-store.ts";
import { closedUrl, startReceiver } from "../messages/receiver.ts";
import { testTools } from "../messages/sending-tools.ts";
import { freshStores } from "../services/s3-stores.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { alertOf, MINUTE, notifying, only, ops, send, thresholds } from "./raised-alerts.ts";
import { DyingOnceCreated, dyingAt, StoppingStore } from "../archive/stopping-stores.ts";

async function stores(): Promise<[string, () => Promise<ObjectStore>][]> {
  const { storeAt } = await freshStores();
  return [
    ["S3", () => storeAt("lake")],
    ["a disk", () => Promise.resolve(new FsStore(temporaryFolder()))],
  ];
}

describe("two workers that evaluate at the same time", () => {
  test("send 100 alerts for 100 thresholds, on S3 as on a disk", async () => {
    for (const [, open] of await stores()) {
      const lake = await open();
      const { url, received } = await startReceiver();
      const alerts = Array.from({ length: 100 }, (_, index) => alertOf(String(index + 1)));
      const workers = ["worker-1", "worker-2"].map((worker) => send(lake, alerts, notifying([ops(url)]), testTools({ worker })));
      const results = await Promise.all(workers);
      expect(thresholds(received).toSorted()).toEqual(alerts.map(({ threshold }) => threshold).toSorted());
      expect(results.map(({ sent, known }) => sent + known)).toEqual([100, 100]);
      expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(100);
      const records = await loadAlerts(lake);
      expect(records.map(({ state }) => state)).toEqual(Array.from({ length: 100 }, () => "sent"));
      expect(await send(lake, alerts, notifying([ops(url)]), testTools())).toEqual({ sent: 0, failed: 0, known: 100 });
      expect(received).toHaveLength(100);
      expect(await loadOpenAlerts(lake)).toEqual([]);
    }
  });

  test("send once what a third one died over, on S3 as on a disk", async () => {
    for (const [, open] of await stores()) {
      const lake = await open();
      const { url, received } = await startReceiver();
      const alerts = Array.from({ length: 20 }, (_, index) => alertOf(String(index + 1)));
      await expect(send(new DyingOnceCreated(lake), alerts, notifying([ops(url)]), testTools())).rejects.toMatchObject({ code: "alerts_failed" });
      expect(received).toEqual([]);
      const later = new Date("2026-10-06T03:00:00Z");
      await Promise.all(["worker-1", "worker-2"].map((worker) => send(lake, [], notifying([ops(url)]), testTools({ worker, clock: () => later }))));
      expect(thresholds(received).toSorted()).toEqual(alerts.map(({ threshold }) => threshold).toSorted());
    }
  });

  test("may stop anywhere in each other's way, and nothing is sent twice", async () => {
    const lake = new FsStore(temporaryFolder());
    const { url, received } = await startReceiver();
    const tools = testTools();
    await send(lake, [alertOf("80")], notifying([ops(await closedUrl())]), tools);
    tools.now = new Date(tools.now.getTime() + 5 * MINUTE);
    const slow = new StoppingStore(lake, "create", "_ledger/alerts/claims/");
    const slowly = send(slow, [alertOf("80")], notifying([ops(url)]), testTools({ worker: "slow", clock: tools.clock }));
    await slow.reached.promise;
    expect(await send(lake, [alertOf("80")], notifying([ops(url)]), tools)).toEqual({ sent: 1, failed: 0, known: 0 });
    tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
    slow.letGo.resolve();
    expect(await slowly).toEqual({ sent: 0, failed: 0, known: 1 });
    expect(received).toHaveLength(1);
  });

  test("one that was away for longer than its claim holds sends and writes nothing any more", async () => {
    const lake = new FsStore(temporaryFolder());
    const { url, received } = await startReceiver();
    const tools = testTools();
    const away = new StoppingStore(lake, "replace", "_ledger/alerts/open/", 1);
    const sleeper = send(away, [alertOf("80"), alertOf("90")], notifying([ops(url)]), testTools({ worker: "sleeper", clock: tools.clock }));
    await away.reached.promise;
    await expect.poll(async () => (await loadAlerts(lake)).length).toBe(1);
    tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
    await send(lake, [], notifying([ops(url)]), tools);
    const before = await only(lake);
    expect([before.threshold, before.state, received.length]).toEqual(["80", "sent", 1]);
    away.letGo.resolve();
    expect(await sleeper).toEqual({ sent: 1, failed: 1, known: 0 });
    expect(thresholds(received)).toEqual(["80", "90"]);
    expect((await loadAlerts(lake))[0]).toEqual(before);
  });
});

describe("a crash", () => {
  test.each<[string, StoreOperation, string, number]>([
    ["before the record", "create", "alerts/", 0],
    ["between sending and the outcome", "replace", "alerts/", 1],
    ["before the alert is done with", "remove", "_ledger/alerts/open/", 1],
  ])("%s is made good by the next evaluation, whatever it looks at", async (_, operation, prefix, before) => {
    const lake = new FsStore(temporaryFolder());
    const { url, received } = await startReceiver();
    const to = notifying([ops(url)]);
    const tools = testTools();
    await expect(send(dyingAt(lake, operation, prefix), [alertOf("80")], to, tools)).rejects.toMatchObject({
      code: "alerts_failed",
      message: expect.stringContaining("alerts/payments%20monthly/2026-10/80.json") as string,
    });
    expect(received).toHaveLength(before);

    const soon = await send(lake, [], to, tools);
    tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
    const later = await send(lake, [], to, tools);
    // Once more only where nobody can know whether it was sent.
    expect([soon.sent + later.sent, received.length]).toEqual(operation === "remove" ? [0, 1] : [1, before + 1]);
    expect((await loadAlerts(lake)).map(({ state }) => state)).toEqual(["sent"]);
    expect(await loadOpenAlerts(lake)).toEqual([]);
  });

  test("between claim and sending leaves the claim to nobody else before it has run out", async () => {
    const lake = new FsStore(temporaryFolder());
    const { url, received } = await startReceiver();
    const tools = testTools();
    await expect(send(new DyingOnceCreated(lake), [alertOf("80")], notifying([ops(url)]), tools)).rejects.toMatchObject({ code: "alerts_failed" });
    expect(await send(lake, [alertOf("80")], notifying([ops(url)]), tools)).toEqual({ sent: 0, failed: 0, known: 1 });
    expect(received).toEqual([]);
    tools.now = new Date(tools.now.getTime() + 60 * MINUTE);
    expect(await send(lake, [alertOf("80")], notifying([ops(url)]), tools)).toEqual({ sent: 1, failed: 0, known: 0 });
    expect(received).toHaveLength(1);
  });
});

/** A store under which a worker dies after so many operations: nothing of it reaches the lake any more. */
function dyingAfter(lake: ObjectStore, operations: number): { store: ObjectStore; died: () => boolean } {
  let left = operations;
  const store = new HookedStore(lake, () => {
    if (left-- <= 0) throw new Error("killed");
  });
  return { store, died: () => left < 0 };
}

describe("wherever a worker dies", () => {
  test.each(["the first time", "when it tries again"])("%s, two others send the alert once, or once more if it was sent and not written down", async (when) => {
    let crashes = 0;
    for (let operations = 0; ; operations++) {
      const lake = new FsStore(temporaryFolder());
      const { url, received } = await startReceiver();
      const tools = testTools();
      if (when === "when it tries again") {
        await send(lake, [alertOf("80")], notifying([ops(await closedUrl())]), tools);
        tools.now = new Date(tools.now.getTime() + 5 * MINUTE);
      }
      const { store, died } = dyingAfter(lake, operations);
      await send(store, [alertOf("80")], notifying([ops(url)]), tools).catch(() => undefined);
      const unsaid = received.length === 1 && (await only(lake)).state !== "sent";
      for (const minutes of [1, 60, 120]) {
        const clock = (): Date => new Date(tools.now.getTime() + minutes * MINUTE);
        await Promise.all(["a", "b"].map((worker) => send(lake, [alertOf("80")], notifying([ops(url)]), testTools({ worker, clock }))));
      }
      expect([operations, received.length]).toEqual([operations, unsaid ? 2 : 1]);
      expect((await only(lake)).state).toBe("sent");
      expect(await loadOpenAlerts(lake)).toEqual([]);
      if (!died()) break;
      crashes++;
    }
    expect(crashes).toBeGreaterThan(4);
  });
});
