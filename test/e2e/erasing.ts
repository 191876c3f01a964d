import type { LedgerChanges } from "../change-ledger.ts";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { eraseCaller, type ErasureReport, type ErasureRequest } from "../../src/archive/erase-caller.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import type { ArchiveEvent } from "../../src/archive/chain/event.ts";
import { loadEvents } from "../../src/archive/chain/read-document.ts";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectLocks } from "../../src/storage/object-locks.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { contentOf } from "../aperture/rewritten.ts";
import { EXPORT_SECONDS, sampleRecord } from "../aperture/sample-record.ts";
import { HookedStore } from "../hooked-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { query } from "../query.ts";
import { decodedForms } from "../spelled-login.ts";
import { madeOnce, testLedger } from "../test-ledger.ts";
import { keysOf } from "../keys-of.ts";

export const ALICE = "Alice.O-Neil+dev@example.com";
export const LOGIN = ALICE.toLowerCase();
export const BOB = "bob@example.com";
export const SIGNING_KEY = readSigningKey(generateKeys().privateKey, "the test");
export const ARCHIVING = { ...PLAIN_ARCHIVE, signingKey: SIGNING_KEY, erasureKey: Buffer.from("a secret of this test, of enough characters") };

/** A store in which some objects are locked. */
export class LockingStore extends HookedStore {
  readonly #locks: ObjectLocks;

  constructor(store: ObjectStore, locks: ObjectLocks) {
    super(store, () => undefined);
    this.#locks = locks;
  }

  override get locks(): ObjectLocks {
    return this.#locks;
  }
}

/** As JSON with escapes for all that is no letter or digit has it. */
const escaped = (text: string): string => text.replaceAll(/[^A-Za-z0-9]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A request in which the caller is named wherever a gateway may name one, as it is and encoded. */
export function requestOf(login: string, id: number, day = 5): Buffer {
  const inUrl = encodeURIComponent(login);
  const capture = cbor.map([
    ["loginName", cbor.text(login)],
    ["stableNodeId", cbor.text(`node-of-${String(id)}`)],
    ["requestHeaders", cbor.map([["User-Agent", cbor.array([cbor.text(`claude-cli/2.0 (${login}; ${escaped(login)})`)])], ["X-Github-Repository", cbor.array([cbor.text(`acme/${login}/${encodeURIComponent(inUrl)}`)])], ["X-Project", cbor.array([cbor.textOfBytes(Buffer.from(`p \xff${login}\xff`, "latin1"))])]])],
    ["requestBody", cbor.map([["prompt", cbor.text(`secret of ${login}`)]])],
  ]);
  return sampleRecord({
    id: cbor.integer(id),
    capture_id: cbor.text(`cap-${String(id)}`),
    timestamp: cbor.text(`2026-10-0${String(day)}T12:00:00Z`),
    identity: cbor.map([["login_name", cbor.text(login)], ["stable_node_id", cbor.text(`node-of-${String(id)}`)]]),
    path: cbor.text(`/v1/${login}?user=${inUrl}`),
    usage: cbor.map([["input_tokens", cbor.integer(10)], ["output_tokens", cbor.integer(20)], [`seconds of ${login}`, cbor.integer(3)]]),
    [`of ${inUrl}`]: cbor.TRUE,
    capture,
  });
}

export const nameOf = (hour: number): string => `ts-aperture-export-${String(EXPORT_SECONDS + hour * 3600)}.cbor.zstd`;

export interface Erasing {
  source: string;
  place: string;
  lake: FsStore;
  ledger: (...changes: LedgerChanges[]) => Ledger;
  run: () => Promise<RunSummary>;
  erase: (request?: Partial<ErasureRequest>, ledger?: Ledger) => Promise<ErasureReport>;
}

/** Two exports with requests of Alice and Bob, one of which both exports have, and one of Bob's alone; all ingested. */
const two = madeOnce(async (folder) => {
  const exports = [
    [requestOf(ALICE, 1), requestOf(BOB, 2), requestOf(ALICE.toUpperCase(), 3, 6)],
    [requestOf(ALICE, 1), requestOf(BOB, 4, 6), sampleRecord({ id: cbor.integer(9), identity: cbor.map([["login_name", cbor.text(ALICE)]]), timestamp: cbor.text("never") })],
    [requestOf(BOB, 5)],
  ];
  const source = join(folder, "source");
  mkdirSync(source);
  for (const [hour, records] of exports.entries()) writeFileSync(join(source, nameOf(hour)), zstdCompressSync(Buffer.concat(records)));
  await runOnce(testLedger(new FsStore(source), new FsStore(join(folder, "lake")), { work: { archiving: ARCHIVING } }));
});

export async function ledgerOfTwo(): Promise<Erasing> {
  const folder = await two();
  const [source, place] = [join(folder, "source"), join(folder, "lake")];
  const lake = new FsStore(place);
  const ledger = (...changes: LedgerChanges[]): Ledger => testLedger(new FsStore(source), lake, { work: { archiving: ARCHIVING } }, ...changes);
  let ids = 0;
  const erase: Erasing["erase"] = async (request = {}, on = ledger()) =>
    await eraseCaller(on, { login: ALICE, reason: "asked to be forgotten", by: "officer", apply: true, ...request }, () => `id-${String(ids++)}`);
  const run = async (): Promise<RunSummary> => await runOnce(ledger());
  // Copied files have other ETags, which this run notes.
  await run();
  return { source, place, lake, ledger, run, erase };
}

export async function eventsOf(lake: ObjectStore): Promise<ArchiveEvent[]> {
  return (await loadEvents(lake, "prod")).map(({ document }) => document.header);
}

async function readable(path: string): Promise<string> {
  if (path.endsWith(".zstd")) return (await contentOf(path)).toString("latin1");
  if (path.endsWith(".parquet")) return JSON.stringify(await query(`SELECT * FROM read_parquet('${path}')`));
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".ndjson")) return text;
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as QuarantineLine);
  return text + lines.map(({ cbor_zstd }) => zstdDecompressSync(Buffer.from(cbor_zstd, "base64")).toString("latin1")).join("");
}

/** Keys of the objects in which the login can be read, in any case and however it is encoded. */
export async function namesAlice({ place, lake }: Erasing): Promise<string[]> {
  return await namesLogin(lake, place, LOGIN);
}

/** The same of any login. @param place of the lake. */
export async function namesLogin(lake: ObjectStore, place: string, login: string): Promise<string[]> {
  const named = await Promise.all(
    (await keysOf(lake)).map(async (key) => {
      const path = join(place, key);
      const text = await readable(path);
      return decodedForms(text).some((form) => form.toLowerCase().includes(login)) ? [key] : [];
    }),
  );
  return named.flat();
}

export async function sumsOf({ place }: Erasing): Promise<unknown> {
  return await query(
    `SELECT ts::DATE AS day, model, count(*) AS requests, sum(cost_usd)::VARCHAR AS cost, sum(input_tokens) AS input FROM read_parquet('${place}/usage/*/*.parquet', hive_partitioning = false) GROUP BY ALL ORDER BY ALL`,
  );
}
