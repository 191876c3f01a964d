import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { isSignatureGood } from "../../src/archive/chain/signed.ts";
import { findErasedCallers } from "../../src/open/erased-callers.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { contentOf } from "../aperture/rewritten.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import { HookedStore } from "../hooked-store.ts";
import { query } from "../query.ts";
import { tableDigests } from "../test-ledger.ts";
import { contentsOf, keysOf } from "../keys-of.ts";
import { close } from "./closing.ts";
import { ALICE, ARCHIVING, BOB, eventsOf, ledgerOfTwo, LockingStore, LOGIN, nameOf, namesAlice, requestOf, SIGNING_KEY, sumsOf } from "./erasing.ts";

describe("erasing a caller", () => {
  test("leaves the login nowhere, and the sums as they were", async () => {
    const erasing = await ledgerOfTwo();
    const before = await sumsOf(erasing);
    expect(await namesAlice(erasing)).not.toEqual([]);
    const { pseudonym, exports } = await erasing.erase();
    expect(pseudonym).toMatch(/^erased-[0-9a-f]{16}@example\.com$/);
    expect(exports.map(({ copy }) => copy)).toEqual(["reduced", "reduced"]);
    const { exports: ingested } = await erasing.run();
    expect(ingested).toMatchObject({ ingested: 2, skipped: 1 });
    expect(await namesAlice(erasing)).toEqual([]);
    expect(await sumsOf(erasing)).toEqual(before);
    const callers = await query(`SELECT caller, count(*)::INTEGER AS requests, count(node_id)::INTEGER AS devices FROM read_parquet('${erasing.place}/usage/*/*.parquet') GROUP BY 1 ORDER BY 1`);
    expect(callers).toEqual([{ caller: BOB, requests: 3, devices: 3 }, { caller: pseudonym, requests: 2, devices: 0 }]);
  });

  test("keeps what others said, and drops what the caller said", async () => {
    const erasing = await ledgerOfTwo();
    await erasing.erase();
    const [first = ""] = await keysOf(erasing.lake, "archive/prod/2026/");
    const content = (await contentOf(join(erasing.place, first))).toString("latin1");
    expect(content).toContain(`secret of ${BOB}`);
    expect(content.match(/secret of/g)).toHaveLength(1);
  });

  test("leaves what each team owes as it was", async () => {
    const erasing = await ledgerOfTwo();
    const settings = settingsOf({
      directory: { teams: [{ name: "web", members: [ALICE] }, { name: "ops", members: ["group:ops"] }, { name: "everyone", members: ["*@example.com"] }] },
      allocation: { rules: [{ when: { caller: ALICE, model: "claude-opus-*" }, team: "ops" }] },
      policies: { "2026-01-01": { groups: { "group:ops": [BOB, LOGIN] } } },
    });
    const owed = async (): Promise<unknown> =>
      await query(`SELECT team, method, sum(cost_usd)::VARCHAR AS cost FROM read_parquet('${erasing.place}/allocations/*/*.parquet') GROUP BY ALL ORDER BY ALL`);
    await runOnce(erasing.ledger({ rules: { allocation: settings } }));
    const before = await owed();
    await erasing.erase();
    const allocation = { ...settings, pseudonymOf: await findErasedCallers(erasing.lake, ["prod"], ARCHIVING) };
    await runOnce(erasing.ledger({ rules: { allocation } }));
    expect(await owed()).toEqual(before);
    expect(JSON.stringify(before)).toContain("ops");
    expect(await namesAlice(erasing)).toEqual([]);
  });

  test("of a closed month leaves its files, and corrects nothing for any team", async () => {
    const erasing = await ledgerOfTwo();
    const settings = settingsOf({ directory: { teams: [{ name: "web", members: [ALICE] }, { name: "ops", members: [BOB] }] } });
    await runOnce(erasing.ledger({ rules: { allocation: settings } }));
    await close(erasing.ledger({ rules: { allocation: settings } }), "2026-10", { by: "finance@example.com", now: new Date("2026-11-02T00:00:00Z") });
    const closed = await contentsOf(erasing.lake, "allocations/");
    await erasing.erase();
    const allocation = { ...settings, pseudonymOf: await findErasedCallers(erasing.lake, ["prod"], ARCHIVING) };
    await runOnce(erasing.ledger({ rules: { allocation }, work: { clock: () => new Date("2026-11-03T00:00:00Z") } }));
    expect(await contentsOf(erasing.lake, "allocations/month=2026-10/")).toEqual(closed);
    // A correction that names the login and the pseudonym would say whose it is.
    expect(await keysOf(erasing.lake, "corrections/")).toEqual([]);
  });

  test("is recorded in the chain, signed and without the login", async () => {
    const erasing = await ledgerOfTwo();
    const { pseudonym } = await erasing.erase();
    const documents = (await loadEvents(erasing.lake, "prod")).map(({ document }) => document);
    expect(documents.every(isSignatureGood)).toBe(true);
    const events = documents.map(({ header }) => header);
    const exports = (await keysOf(erasing.lake, "archive/prod/2026/")).slice(0, 2);
    expect(events.filter(({ kind }) => kind === "erasure")).toMatchObject([{ id: "id-0", pseudonym, by: "officer", reason: "asked to be forgotten", exports, until: "2026-10-31T12:00:00.000Z" }]);
    expect(events.filter(({ kind }) => kind === "reduction")).toMatchObject(exports.map((key) => ({ rule: "erasure id-0", objects: [{ key, records_removed: 0 }] })));
    expect(JSON.stringify(events).toLowerCase()).not.toContain(LOGIN);
  });

  test("leaves locked copies until their locks are over, but no table that names the caller", async () => {
    const erasing = await ledgerOfTwo();
    const [locked = "", held = ""] = await keysOf(erasing.lake, "archive/prod/2026/");
    const until = new Date("2026-12-01T00:00:00Z");
    const erased: string[] = [];
    let isHeld = true;
    const archive = new LockingStore(erasing.lake, {
      isEnabled: async () => await Promise.resolve(true),
      protectionOf: async (key) => await Promise.resolve({ retention: key === locked ? { mode: "COMPLIANCE", until } : undefined, legalHold: key === held && isHeld }),
      async *overwritten() {
        // One version is all that a folder keeps.
      },
      prolong: async () => await Promise.resolve(),
      setLegalHold: async () => await Promise.resolve(),
      erase: async () => await Promise.resolve(),
      eraseEarlier: async (key) => await Promise.resolve(void erased.push(key)),
    });
    const before = await sumsOf(erasing);
    const copies = await tableDigests(erasing.lake, ["archive/prod/2026/"]);
    expect((await erasing.erase({}, erasing.ledger({ stores: { archive } }))).exports.map(({ copy }) => copy)).toEqual(["locked", "locked"]);
    expect(await tableDigests(erasing.lake, ["archive/prod/2026/"])).toEqual(copies);
    await erasing.run();
    // What is quarantined is kept as it lies in the copy.
    expect(await namesAlice(erasing)).toEqual([locked, held, `quarantine/prod/${nameOf(1).replace(".cbor.zstd", ".ndjson")}`]);
    expect(await sumsOf(erasing)).toEqual(before);
    const tables = await tableDigests(erasing.lake);

    isHeld = false;
    const later = erasing.ledger({ stores: { archive }, work: { clock: () => until } });
    expect(await erasing.erase({}, later)).toMatchObject({ recorded: [], exports: [{ copy: "reduced" }, { copy: "reduced" }] });
    expect(erased).toEqual([locked, held]);
    await erasing.run();
    expect(await namesAlice(erasing)).toEqual([]);
    expect(await tableDigests(erasing.lake)).toEqual(tables);
  });

  test("a second time finds nothing to do, before the tables were derived again and after", async () => {
    const erasing = await ledgerOfTwo();
    await erasing.erase();
    const before = await tableDigests(erasing.lake, [""]);
    expect((await erasing.erase()).exports.map(({ copy }) => copy)).toEqual(["done", "done"]);
    expect(await tableDigests(erasing.lake, [""])).toEqual(before);
    await erasing.run();
    const derived = await tableDigests(erasing.lake, [""]);
    expect(await erasing.erase()).toMatchObject({ recorded: [], exports: [{ copy: "done" }, { copy: "done" }] });
    expect(await erasing.run()).toMatchObject({ exports: { ingested: 0 } });
    expect(await tableDigests(erasing.lake, [""])).toEqual(derived);
  });

  test("again takes out what an earlier version left encoded under the pseudonym", async () => {
    const erasing = await ledgerOfTwo();
    const { pseudonym } = await erasing.erase();
    writeFileSync(join(erasing.source, nameOf(3)), zstdCompressSync(sampleRecord({
      id: cbor.integer(20),
      identity: cbor.map([["login_name", cbor.text(pseudonym)]]),
      path: cbor.text(`/v1/${encodeURIComponent(ALICE)}`),
      session_id: cbor.text(pseudonym),
    })));
    await erasing.run();
    const named = await namesAlice(erasing);
    expect(named).toHaveLength(3);
    const key = named.filter((one) => one.startsWith("archive/"));
    const copies = async (request: { apply: boolean }): Promise<string[]> => (await erasing.erase(request)).exports.filter(({ copy }) => copy === "reduced").map((one) => one.key);
    expect(await copies({ apply: false })).toEqual(key);
    expect(await copies({ apply: true })).toEqual(key);
    await erasing.run();
    expect(await namesAlice(erasing)).toEqual([]);
    expect(await copies({ apply: true })).toEqual([]);
  });

  test("without apply says what it would do and writes nothing", async () => {
    const erasing = await ledgerOfTwo();
    const before = await tableDigests(erasing.lake, [""]);
    expect(await erasing.erase({ apply: false })).toMatchObject({ applied: false, recorded: ["prod"], exports: [{ copy: "reduced" }, { copy: "reduced" }] });
    expect(await tableDigests(erasing.lake, [""])).toEqual(before);
  });

  test("is made again from the archive alone, to the byte", async () => {
    const erasing = await ledgerOfTwo();
    await erasing.erase();
    await erasing.run();
    const before = await tableDigests(erasing.lake);
    for (const hour of [0, 1, 2]) await new FsStore(erasing.source).remove(nameOf(hour));
    for (const prefix of ["landing/", "usage/", "rollups/", "quarantine/", "_ledger/"]) for (const key of await keysOf(erasing.lake, prefix)) await erasing.lake.remove(key);
    await erasing.run();
    expect(await tableDigests(erasing.lake)).toEqual(before);
  });

  test("holds for requests before it that another export brings later, and not for those after it", async () => {
    const erasing = await ledgerOfTwo();
    const { pseudonym } = await erasing.erase();
    const late = [requestOf(ALICE, 7), sampleRecord({ id: cbor.integer(8), capture_id: cbor.text("cap-8"), identity: cbor.map([["login_name", cbor.text(ALICE)]]), timestamp: cbor.text("2026-11-01T12:00:00Z") })];
    writeFileSync(join(erasing.source, nameOf(24 * 30)), zstdCompressSync(Buffer.concat(late)));
    await erasing.run();
    const callers = await query(`SELECT record_id::INTEGER AS id, caller FROM read_parquet('${erasing.place}/usage/*/*.parquet') WHERE record_id IN (7, 8) ORDER BY 1`);
    expect(callers).toEqual([{ id: 7, caller: pseudonym }, { id: 8, caller: LOGIN }]);
    expect((await erasing.erase({}, erasing.ledger({ work: { clock: () => new Date("2026-11-30T00:00:00Z") } }))).recorded).toEqual(["prod"]);
    await erasing.run();
    expect(await namesAlice(erasing)).toEqual([]);
  });

  test.each(["archive/prod/2026/", "_ledger/exports/", "archive/prod/_events/"])("that ended before it wrote to %s is finished by the next call", async (place) => {
    for (const after of [0, 1, 2]) {
      const erasing = await ledgerOfTwo();
      const before = await sumsOf(erasing);
      let writes = 0;
      const stopping = new HookedStore(erasing.lake, (operation, key) => {
        if ((operation === "replace" || operation === "create") && key.startsWith(place) && writes++ === after) throw new Error("ended");
      });
      await erasing.erase({}, erasing.ledger({ stores: { lake: stopping, archive: stopping } })).catch(() => undefined);
      await erasing.erase();
      await erasing.run();
      expect(await namesAlice(erasing)).toEqual([]);
      expect(await sumsOf(erasing)).toEqual(before);
      const events = await eventsOf(erasing.lake);
      expect(events.filter(({ kind }) => kind === "erasure")).toHaveLength(1);
      expect(events.filter(({ kind }) => kind === "reduction")).toHaveLength(2);
    }
  });

  test("is refused while a hold may mean any of the requests, and done when it is released", async () => {
    const erasing = await ledgerOfTwo();
    const before = await tableDigests(erasing.lake, ["archive/prod/2026/"]);
    const nobody = { instance: null, caller: null, session: null, from: null, to: null };
    const common = { format: 1, instance: "prod", by: "counsel" } as const;
    const holds = [
      { ...nobody, caller: ALICE },
      { ...nobody, from: "2026-10-06T00:00:00Z", to: "2026-10-07T00:00:00Z" },
      { ...nobody, instance: "prod", session: "ses-1" },
    ];
    for (const [i, selection] of holds.entries()) {
      const id = `hold-${String(i)}`;
      await recordEvent(erasing.lake, { ...common, id, at: `2026-10-20T0${String(i)}:00:00Z`, kind: "hold", hold: id, selection, reason: "a case" }, SIGNING_KEY, undefined);
      await expect(erasing.erase()).rejects.toMatchObject({ code: "on_hold" });
      await recordEvent(erasing.lake, { ...common, id, at: `2026-10-20T0${String(i)}:30:00Z`, kind: "release", hold: id, reason: "settled" }, SIGNING_KEY, undefined);
    }
    expect(await tableDigests(erasing.lake, ["archive/prod/2026/"])).toEqual(before);
    const others = [{ ...nobody, caller: BOB }, { ...nobody, instance: "dev" }, { ...nobody, session: "ses-2" }, { ...nobody, to: "2026-10-05T00:00:00Z" }];
    for (const [i, selection] of others.entries()) {
      await recordEvent(erasing.lake, { ...common, id: `other-${String(i)}`, at: "2026-10-21T00:00:00Z", kind: "hold", hold: `other-${String(i)}`, selection, reason: "another case" }, SIGNING_KEY, undefined);
    }
    expect((await erasing.erase()).exports).toHaveLength(2);
  });

  test.each([
    ["tags", { login: "tag:ci" }, "usage"],
    ["nobody", { login: "" }, "usage"],
    ["a pseudonym", { login: "erased-0123456789abcdef@example.com" }, "usage"],
    ["with a reason that names the caller", { reason: `${ALICE} asked` }, "usage"],
  ])("refuses %s", async (_what, request, code) => {
    const erasing = await ledgerOfTwo();
    await expect(erasing.erase(request)).rejects.toMatchObject({ code });
  });

  test("needs both keys, and deriving tables afterwards the one that pseudonyms are made with", async () => {
    const erasing = await ledgerOfTwo();
    for (const missing of [{ signingKey: undefined }, { erasureKey: undefined }]) {
      await expect(erasing.erase({}, erasing.ledger({ work: { archiving: { ...ARCHIVING, ...missing } } }))).rejects.toMatchObject({ code: "key_missing" });
    }
    await erasing.erase();
    const keyless = erasing.ledger({ work: { archiving: { ...ARCHIVING, erasureKey: undefined } } });
    await expect(runOnce(keyless)).rejects.toMatchObject({ code: "exports_failed" });
  });
});
