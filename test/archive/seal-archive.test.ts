import type { LedgerChanges } from "../change-ledger.ts";
import { cpSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { closeMonth } from "../../src/chargeback/close-month.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce } from "../../src/run/run-once.ts";
import type { Digest } from "../../src/archive/chain/digest.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { archiveLayout, layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { auditChain, digestsOf, KEY, seal, sha256, signingWith } from "./sealing.ts";
import { copiesOf } from "../archived-copies.ts";
import { HookedStore, recordWrites } from "../hooked-store.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder, testLedger } from "../test-ledger.ts";
import { dyingAt, StoppingStore } from "./stopping-stores.ts";

let folders: { prod: string; lab: string; lake: string };
let lake: FsStore;

beforeEach(async () => {
  folders = { prod: temporaryFolder(), lab: temporaryFolder(), lake: temporaryFolder() };
  lake = new FsStore(folders.lake);
  arrive("prod", "2026-10-29", "2026-10-30");
  arrive("lab", "2026-10-30");
  await runOnce(ledger());
});

function ledger(changes: LedgerChanges = {}): Ledger {
  const sources = (["prod", "lab"] as const).map((instance) => ({ instance, store: new FsStore(folders[instance]) }));
  return testLedger(sources[0]!.store, lake, { stores: { sources } }, signingWith(), changes);
}

function arrive(instance: "prod" | "lab", ...days: string[]): void {
  writeRequests(folders[instance], days.map((day) => ({ by: "ann@example.com", at: `${day}T12:00:00Z` })));
}

const outline = (digests: Digest[]): unknown[] => digests.map(({ header: { date, number, exports } }) => [date, number, exports]);

describe("a chain", () => {
  test("begins with what there is, and each day lists what is new, also when nothing is", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    await seal(ledger(), "2026-11-02T04:00:00Z");
    arrive("prod", "2026-11-02");
    await runOnce(ledger());
    await seal(ledger(), "2026-11-03T04:00:00Z");
    expect(outline(await digestsOf(lake, "prod"))).toEqual([["2026-11-01", 1, 2], ["2026-11-02", 2, 0], ["2026-11-03", 3, 1]]);
    expect(outline(await digestsOf(lake, "lab"))).toEqual([["2026-11-01", 1, 1], ["2026-11-02", 2, 0], ["2026-11-03", 3, 0]]);
    for (const instance of ["prod", "lab"]) expect(await auditChain(lake, instance)).toEqual([]);
  });

  test("says of each export what it is, as manifest, receipt and store have it", async () => {
    await seal(ledger(), "2026-11-01");
    const [{ exports }] = (await digestsOf(lake, "prod")) as [Digest];
    const copies = (await copiesOf(lake)).filter((key) => key.startsWith("archive/prod/"));
    expect(exports.map(({ key }) => key)).toEqual(copies);
    for (const listed of exports) {
      const bytes = await lake.read(listed.key);
      expect(listed).toEqual({
        key: listed.key,
        size: bytes.byteLength,
        sha256: sha256(bytes),
        etag: (await lake.head(listed.key))!.etag,
        arrived: null,
        bodies: "keep",
        records: { read: 1, accepted: 1, quarantined: 0 },
        receipt: sha256(await lake.read(archiveLayout.receipt(listed.key))),
        retention: null,
      });
    }
  });

  test("has an empty digest for each day of a pause, made when somebody was there again", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    arrive("prod", "2026-11-03");
    await runOnce(ledger());
    const { gateways } = await seal(ledger(), "2026-11-05T04:00:00Z");
    const digests = await digestsOf(lake, "prod");
    expect(outline(digests)).toEqual([["2026-11-01", 1, 2], ["2026-11-02", 2, 0], ["2026-11-03", 3, 0], ["2026-11-04", 4, 0], ["2026-11-05", 5, 1]]);
    expect(digests.slice(1).map(({ header }) => header.sealed_at)).toEqual(Array.from({ length: 4 }, () => "2026-11-05T04:00:00.000Z"));
    expect(gateways.find(({ instance }) => instance === "prod")!.digests.map(({ date, exports }) => [date, exports])).toEqual([["2026-11-02", 0], ["2026-11-03", 0], ["2026-11-04", 0], ["2026-11-05", 1]]);
    expect(await auditChain(lake, "prod")).toEqual([]);
  });

  test("says where the other gateways' chains stood before", async () => {
    await seal(ledger(), "2026-11-01");
    await seal(ledger(), "2026-11-02");
    const [first, second] = await digestsOf(lake, "prod");
    const bytes = await lake.read(archiveLayout.digest("lab", "2026-11-01"));
    expect(first!.header.others).toEqual([]);
    expect(second!.header.others).toEqual([{ instance: "lab", date: "2026-11-01", number: 1, sha256: sha256(bytes) }]);
  });

  test("names the months that are closed with the hash of their records", async () => {
    await closeMonth(ledger(), "2026-10", { by: "finance@example.com", now: new Date("2026-11-02T09:00:00Z"), chain: [] });
    await seal(ledger(), "2026-11-03");
    const [{ header }] = (await digestsOf(lake, "prod")) as [Digest];
    expect(header.closes).toEqual([{ month: "2026-10", sha256: sha256(await lake.read(layout.close("2026-10"))) }]);
  });

  test("lists events once, the day they happened", async () => {
    await seal(ledger(), "2026-11-01");
    const selection = { instance: null, caller: "ann@example.com", session: null, from: null, to: null };
    const key = await recordEvent(lake, { format: 1, kind: "hold", id: "7", instance: "prod", at: "2026-11-01T10:00:00.000Z", by: "counsel@example.com", hold: "case-7", selection, reason: "litigation" }, KEY, undefined);
    await seal(ledger(), "2026-11-02");
    await seal(ledger(), "2026-11-03");
    const bytes = await lake.read(key);
    expect((await digestsOf(lake, "prod")).map(({ events }) => events)).toEqual([[], [{ key, size: bytes.byteLength, sha256: sha256(bytes) }], []]);
    expect(await auditChain(lake, "prod")).toEqual([]);
  });

  test("is begun for a gateway that nothing came from yet, and goes on for one that is no source any more", async () => {
    await seal(ledger(), "2026-11-01");
    await seal(ledger({ stores: { sources: [{ instance: "new", store: new FsStore(temporaryFolder()) }] } }), "2026-11-02");
    expect(outline(await digestsOf(lake, "new"))).toEqual([["2026-11-02", 1, 0]]);
    expect(outline(await digestsOf(lake, "lab"))).toEqual([["2026-11-01", 1, 1], ["2026-11-02", 2, 0]]);
  });

  test("lists the exports of a lake from before there were receipts, without reading them again", async () => {
    mayBeIncoherent("its receipts are taken away");
    for (const copy of await copiesOf(lake)) await lake.remove(archiveLayout.receipt(copy));
    const reads: string[] = [];
    const watched = new HookedStore(lake, (operation, key) => void (operation === "download" && reads.push(key)));
    await seal(ledger({ stores: { lake: watched, archive: watched } }), "2026-11-01");
    expect(reads).toEqual([]);
    const [{ exports }] = (await digestsOf(lake, "prod")) as [Digest];
    expect(exports.map(({ receipt, arrived, records }) => [receipt, arrived, records?.accepted])).toEqual([[null, null, 1], [null, null, 1]]);
    expect(await auditChain(lake, "prod")).toEqual([]);
  });

  test("lists copies that nothing else is known of by what they are", async () => {
    mayBeIncoherent("a copy is put there by hand");
    const key = layout.archive("prod", new Date("2026-10-20T00:00:00Z"), "alone");
    await lake.create(key, Buffer.from("no export"));
    await seal(ledger(), "2026-11-01");
    const [{ exports }] = (await digestsOf(lake, "prod")) as [Digest];
    expect(exports.find((listed) => listed.key === key)).toMatchObject({ size: 9, sha256: sha256("no export"), records: null, receipt: null });
  });

  test("lists a copy that was restored from a backup, by its new ETag", async () => {
    const [copy = ""] = await copiesOf(lake);
    await lake.replace(copy, await lake.read(copy));
    await seal(ledger(), "2026-11-01");
    const [{ exports }] = (await digestsOf(lake, "lab")) as [Digest];
    expect(exports[0]).toMatchObject({ key: copy, etag: (await lake.head(copy))!.etag });
  });
});

describe("sealing", () => {
  test("again on the same day makes no digest, proves by a checkpoint what came since, once, and says what waits", async () => {
    await seal(ledger(), "2026-11-01T04:00:00Z");
    arrive("prod", "2026-10-31");
    await runOnce(ledger());
    const { store, writes } = recordWrites(lake);
    const { gateways } = await seal(ledger({ stores: { lake: store, archive: store } }), "2026-11-01T23:00:00Z");
    const checkpoints = gateways.flatMap((gateway) => gateway.checkpoints);
    expect(writes).toEqual(checkpoints.map((key) => `create ${key}`));
    expect(gateways).toEqual([
      { instance: "lab", digests: [], sealed_up_to: "2026-11-01", checkpoints: [], waiting: { exports: 0, events: 0 }, left_aside: [], overtaken: false },
      { instance: "prod", digests: [], sealed_up_to: "2026-11-01", checkpoints: [expect.stringContaining("-checkpoint-")], waiting: { exports: 1, events: 0 }, left_aside: [], overtaken: false },
    ]);
    const again = await seal(ledger(), "2026-11-01T23:30:00Z");
    expect(again.gateways.map((gateway) => [gateway.checkpoints, gateway.waiting])).toEqual([[[], { exports: 0, events: 0 }], [[], { exports: 1, events: 1 }]]);
  });

  test("by two at once is done by one of them, and the other says so", async () => {
    await seal(ledger(), "2026-11-01");
    const slow = new StoppingStore(lake, "create", archiveLayout.digests("lab"));
    const first = seal(ledger({ stores: { archive: slow } }), "2026-11-03");
    await slow.reached.promise;
    const second = await seal(ledger(), "2026-11-03");
    slow.letGo.resolve();
    for (const { digests, overtaken } of second.gateways) expect([digests.length, overtaken]).toEqual([2, false]);
    for (const { digests, overtaken, sealed_up_to } of (await first).gateways) expect([digests, overtaken, sealed_up_to]).toEqual([[], true, "2026-11-02"]);
    for (const instance of ["prod", "lab"]) expect(await auditChain(lake, instance)).toEqual([]);
  });

  test("by many at once makes each digest once", async () => {
    await seal(ledger(), "2026-11-01");
    const results = await Promise.all([1, 2, 3].map(() => seal(ledger(), "2026-11-04")));
    for (const instance of ["prod", "lab"]) {
      const made = results.flatMap(({ gateways }) => gateways.find((one) => one.instance === instance)!.digests);
      expect(made.map(({ date }) => date).toSorted()).toEqual(["2026-11-02", "2026-11-03", "2026-11-04"]);
      expect(await auditChain(lake, instance)).toEqual([]);
    }
  });

  test("that was killed after any of its writes is repeated to the end", async () => {
    await seal(ledger(), "2026-11-01");
    arrive("prod", "2026-10-31");
    await runOnce(ledger());
    const whole = await copyOfLake();
    await seal(ledger({ stores: { lake: whole, archive: whole } }), "2026-11-04");
    for (let killed = 0; killed < 6; killed++) {
      const place = await copyOfLake();
      let creates = 0;
      const dying = new HookedStore(place, (operation) => {
        if (operation === "create" && ++creates > killed) throw new Error("killed");
      });
      await expect(seal(ledger({ stores: { lake: dying, archive: dying } }), "2026-11-04")).rejects.toThrow("killed");
      await seal(ledger({ stores: { lake: place, archive: place } }), "2026-11-04");
      for (const instance of ["prod", "lab"]) {
        expect(await auditChain(place, instance)).toEqual([]);
        expect(outline(await digestsOf(place, instance))).toEqual(outline(await digestsOf(whole, instance)));
      }
    }
  });

  test("in which the store fails leaves what was sealed, and goes on the next day", async () => {
    await expect(seal(ledger({ stores: { archive: dyingAt(lake, "create", archiveLayout.digests("prod")) } }), "2026-11-01")).rejects.toThrow("killed");
    await seal(ledger(), "2026-11-02");
    expect(outline(await digestsOf(lake, "lab"))).toEqual([["2026-11-01", 1, 1], ["2026-11-02", 2, 0]]);
    expect(outline(await digestsOf(lake, "prod"))).toEqual([["2026-11-02", 1, 2]]);
  });

  test("needs a key", async () => {
    await expect(seal(testLedger(new FsStore(folders.prod), lake), "2026-11-01")).rejects.toMatchObject({ code: "key_missing" });
  });

  async function copyOfLake(): Promise<FsStore> {
    const folder = temporaryFolder();
    cpSync(folders.lake, folder, { recursive: true, preserveTimestamps: true });
    return await Promise.resolve(new FsStore(folder));
  }
});
