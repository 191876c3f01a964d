import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { eraseCaller, type ErasureReport, type ErasureRequest } from "../../jobs/archive/erase-caller.ts";
import type { LedgerContext } from "../../jobs/ledger-context.ts";
import { runOnce, type RunSummary } from "../../jobs/run-once.ts";
import { aliasErased } from "../../src/cli/open-erased.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { recordEvent } from "../../src/archive/chain/record-event.ts";
import { isSignatureGood } from "../../src/archive/chain/signed.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs-store.ts";
import type { ObjectLocks } from "../../src/storage/object-locks.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { settingsOf } from "../allocation/who-pays.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { contentOf } from "../aperture/rewritten.ts";
import { EXPORT_SECONDS, sampleRecord } from "../aperture/sample-record.ts";
import { HookedStore } from "../hooked-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { query } from "../query.ts";
import { tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";

const ALICE = "Alice.O-Neil+dev@example.com";
const LOGIN = ALICE.toLowerCase();
const BOB = "bob@example.com";
const SIGNING_KEY = readSigningKey(generateKeys().privateKey, "the test");
const ARCHIVING = { ...PLAIN_ARCHIVE, signingKey: SIGNING_KEY, erasureKey: Buffer.from("a secret of this test, of enough characters") };

/** A store in which some objects are locked. */
class LockingStore extends HookedStore {
  readonly locks: ObjectLocks;

  constructor(store: ObjectStore, locks: ObjectLocks) {
    super(store, () => undefined);
    this.locks = locks;
  }
}

/** A request in which the caller is named wherever a gateway may name one. */
function requestOf(login: string, id: number, day = 5): Buffer {
  const capture = cbor.map([
    ["loginName", cbor.text(login)],
    ["stableNodeId", cbor.text(`node-of-${String(id)}`)],
    ["requestHeaders", cbor.map([["User-Agent", cbor.array([cbor.text(`claude-cli/2.0 (${login})`)])], ["X-Github-Repository", cbor.array([cbor.text(`acme/${login}`)])]])],
    ["requestBody", cbor.map([["prompt", cbor.text(`secret of ${login}`)]])],
  ]);
  return sampleRecord({
    id: cbor.integer(id),
    capture_id: cbor.text(`cap-${String(id)}`),
    timestamp: cbor.text(`2026-10-0${String(day)}T12:00:00Z`),
    identity: cbor.map([["login_name", cbor.text(login)], ["stable_node_id", cbor.text(`node-of-${String(id)}`)]]),
    path: cbor.text(`/v1/${login}`),
    capture,
  });
}

const nameOf = (hour: number): string => `ts-aperture-export-${String(EXPORT_SECONDS + hour * 3600)}.cbor.zstd`;

interface Erasing {
  source: string;
  place: string;
  lake: FsStore;
  ledger: (changes?: Partial<LedgerContext>) => LedgerContext;
  run: () => Promise<RunSummary>;
  erase: (request?: Partial<ErasureRequest>, ledger?: LedgerContext) => Promise<ErasureReport>;
}

/** Two exports with requests of Alice and Bob, one of which both exports have, and one of Bob's alone; all ingested. */
async function ledgerOfTwo(): Promise<Erasing> {
  const [source, place] = [temporaryFolder(), temporaryFolder()];
  const lake = new FsStore(place);
  const exports = [
    [requestOf(ALICE, 1), requestOf(BOB, 2), requestOf(ALICE.toUpperCase(), 3, 6)],
    [requestOf(ALICE, 1), requestOf(BOB, 4, 6), sampleRecord({ id: cbor.integer(9), identity: cbor.map([["login_name", cbor.text(ALICE)]]), timestamp: cbor.text("never") })],
    [requestOf(BOB, 5)],
  ];
  for (const [hour, records] of exports.entries()) writeFileSync(join(source, nameOf(hour)), zstdCompressSync(Buffer.concat(records)));
  const ledger = (changes: Partial<LedgerContext> = {}): LedgerContext => testLedger(new FsStore(source), lake, { archiving: ARCHIVING, ...changes });
  let ids = 0;
  const erase: Erasing["erase"] = async (request = {}, on = ledger()) =>
    await eraseCaller(on, { login: ALICE, reason: "asked to be forgotten", by: "officer", apply: true, ...request }, () => `id-${String(ids++)}`);
  const run = async (): Promise<RunSummary> => await runOnce(ledger());
  await run();
  return { source, place, lake, ledger, run, erase };
}

async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

async function eventsOf(lake: ObjectStore): Promise<ArchiveEvent[]> {
  return (await loadEvents(lake, "prod")).map(({ document }) => document.header);
}

async function readable(path: string): Promise<string> {
  if (path.endsWith(".zstd")) return (await contentOf(path)).toString("latin1");
  if (path.endsWith(".parquet")) return JSON.stringify(await query(`SELECT * FROM read_parquet('${path}')`));
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".ndjson")) return text;
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as QuarantineLine);
  return lines.map(({ cbor_zstd }) => zstdDecompressSync(Buffer.from(cbor_zstd, "base64")).toString("latin1")).join("");
}

/** Keys of the objects in which the login can be read, in any case. */
async function namesAlice({ place, lake }: Erasing): Promise<string[]> {
  const named = await Promise.all(
    (await keysOf(lake)).map(async (key) => {
      const path = join(place, key);
      const text = await readable(path);
      return text.toLowerCase().includes(LOGIN) ? [key] : [];
    }),
  );
  return named.flat();
}

async function sumsOf({ place }: Erasing): Promise<unknown> {
  return await query(
    `SELECT ts::DATE AS day, model, count(*) AS requests, sum(cost_usd)::VARCHAR AS cost, sum(input_tokens) AS input FROM read_parquet('${place}/usage/*/*.parquet', hive_partitioning = false) GROUP BY ALL ORDER BY ALL`,
  );
}

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
    await runOnce(erasing.ledger({ allocation: settings }));
    const before = await owed();
    await erasing.erase();
    const allocation = await aliasErased(settings, erasing.lake, ["prod"], ARCHIVING.erasureKey);
    await runOnce(erasing.ledger({ allocation }));
    expect(await owed()).toEqual(before);
    expect(JSON.stringify(before)).toContain("ops");
    expect(await namesAlice(erasing)).toEqual([]);
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
      setLegalHold: async () => await Promise.resolve(),
      erase: async () => await Promise.resolve(),
      eraseEarlier: async (key) => await Promise.resolve(void erased.push(key)),
    });
    const before = await sumsOf(erasing);
    const copies = await tableDigests(erasing.lake, ["archive/prod/2026/"]);
    expect((await erasing.erase({}, erasing.ledger({ archive }))).exports.map(({ copy }) => copy)).toEqual(["locked", "locked"]);
    expect(await tableDigests(erasing.lake, ["archive/prod/2026/"])).toEqual(copies);
    await erasing.run();
    // What is quarantined is kept as it lies in the copy.
    expect(await namesAlice(erasing)).toEqual([locked, held, `quarantine/prod/${nameOf(1).replace(".cbor.zstd", ".ndjson")}`]);
    expect(await sumsOf(erasing)).toEqual(before);
    const tables = await tableDigests(erasing.lake);

    isHeld = false;
    const later = erasing.ledger({ archive, clock: () => until });
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
    expect((await erasing.erase({}, erasing.ledger({ clock: () => new Date("2026-11-30T00:00:00Z") }))).recorded).toEqual(["prod"]);
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
      await erasing.erase({}, erasing.ledger({ lake: stopping, archive: stopping })).catch(() => undefined);
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
      await recordEvent(erasing.lake, { ...common, id, at: `2026-10-20T0${String(i)}:00:00Z`, kind: "hold", hold: id, selection, reason: "a case" }, SIGNING_KEY);
      await expect(erasing.erase()).rejects.toMatchObject({ code: "on_hold" });
      await recordEvent(erasing.lake, { ...common, id, at: `2026-10-20T0${String(i)}:30:00Z`, kind: "release", hold: id, reason: "settled" }, SIGNING_KEY);
    }
    expect(await tableDigests(erasing.lake, ["archive/prod/2026/"])).toEqual(before);
    const others = [{ ...nobody, caller: BOB }, { ...nobody, instance: "dev" }, { ...nobody, session: "ses-2" }, { ...nobody, to: "2026-10-05T00:00:00Z" }];
    for (const [i, selection] of others.entries()) {
      await recordEvent(erasing.lake, { ...common, id: `other-${String(i)}`, at: "2026-10-21T00:00:00Z", kind: "hold", hold: `other-${String(i)}`, selection, reason: "another case" }, SIGNING_KEY);
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
      await expect(erasing.erase({}, erasing.ledger({ archiving: { ...ARCHIVING, ...missing } }))).rejects.toMatchObject({ code: "key_missing" });
    }
    await erasing.erase();
    const keyless = erasing.ledger({ archiving: { ...ARCHIVING, erasureKey: undefined } });
    await expect(runOnce(keyless)).rejects.toMatchObject({ code: "exports_failed" });
  });
});
