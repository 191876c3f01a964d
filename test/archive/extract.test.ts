import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { decodeFirst, encode } from "cborg";
import fc from "fast-check";
import pino from "pino";
import { expect, test } from "vitest";
import { generateKeys, readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { type Extracted, extractArchive } from "../../src/archive/extract-archive.ts";
import { findExports, scanExports } from "../../src/archive/extracting/find-exports.ts";
import type { RecordSelection } from "../../src/archive/extracting/record-selection.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { decompressExport } from "../../src/aperture/reader/zstd/decompress.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { readWhole } from "../aperture/read-content.ts";
import { call } from "../cli/call.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportFiles, ingestedLake, temporaryFolder, testLedger } from "../test-ledger.ts";
import { archiveRecords, exportSeconds, type PlainRecord, recordHash, recordOf } from "./archived-records.ts";
import { sealCopies } from "./sealed-at-once.ts";

interface Line {
  instance: string;
  object: string;
  position: number;
  sha256: string;
  record: PlainRecord;
}

/** Extracts to NDJSON. @param lake where the exports to open are looked up; else all are. */
async function extract(archive: ObjectStore, selection: RecordSelection, lake?: ObjectStore): Promise<Extracted & { lines: Line[] }> {
  const exports = lake === undefined ? await scanExports(archive, selection) : await findExports(lake, selection);
  const tools = { archive, publicKey: undefined, log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } };
  let text = "";
  const append = async (file: string): Promise<void> => void (text += readFileSync(file, "utf8"));
  const extracted = await extractArchive(tools, { exports, selection, format: "ndjson", by: "auditor@example.com", append });
  return { ...extracted, lines: text.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Line) };
}

const LOGINS = ["alice@example.com", "Alice@Example.com", "tag:ci", "tag:b,tag:a", "o'brien@example.com", "x' OR 1=1 --", "nul\0@example.com", "“双”@例.jp", "--out", "\u202eevil@example.com"];
const logins = fc.constantFrom(...LOGINS);
const planned = fc.array(fc.array(fc.record({ login: logins, second: fc.nat(7200), extra: fc.dictionary(fc.string({ minLength: 1 }).filter((name) => !/^[a-z_]+$/.test(name)), fc.jsonValue({ noUnicodeString: false })) }), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 });
const second = fc.nat(7200).map((after) => new Date((exportSeconds(0) - 3600 + after) * 1000));
const selections = fc.record({ caller: fc.option(logins, { nil: undefined }), session: fc.option(fc.constantFrom("ses-0", "ses-1"), { nil: undefined }), from: fc.option(second, { nil: undefined }), to: fc.option(second, { nil: undefined }) });

function nameOf(login: string): string {
  return login.startsWith("tag:") ? login.split(",").toSorted().join(",") : login.toLowerCase();
}

function matches({ session_id, timestamp, identity }: PlainRecord, { caller, session, from, to }: RecordSelection): boolean {
  const at = Date.parse(timestamp);
  return (caller === undefined || nameOf(caller) === nameOf(identity.login_name)) && (session === undefined || session === session_id) && (from === undefined || at >= from.getTime()) && (to === undefined || at < to.getTime());
}

test("what is extracted is what a plain decoding with the same filter finds, in order", async () => {
  await fc.assert(
    fc.asyncProperty(planned, selections, async (exports, selection) => {
      const archive = new FsStore(temporaryFolder());
      const expected: Line[] = [];
      let id = 0;
      for (const [index, records] of exports.entries()) {
        const made = records.map(({ login, second: at, extra }) => recordOf(++id, login, { ...extra, timestamp: new Date((exportSeconds(0) - 3600 + at) * 1000).toISOString() }));
        const object = await archiveRecords(archive, "prod", index, made);
        for (const [position, record] of made.entries()) {
          if (matches(record, selection)) expected.push({ instance: "prod", object, position, record: JSON.parse(JSON.stringify(record)) as PlainRecord, sha256: recordHash(record) });
        }
      }
      const { lines, records } = await extract(archive, selection);
      expect(lines).toEqual(expected);
      expect(records).toBe(expected.length);
    }),
    { numRuns: 40 },
  );
});

test("callers with hostile names are found through the tables, and nobody else", async () => {
  const folder = temporaryFolder();
  const source = new FsStore(folder);
  const records = LOGINS.map((login, index) => recordOf(index + 1, login));
  await source.create(`ts-aperture-export-${String(exportSeconds(0))}.cbor.zstd`, zstdCompressSync(Buffer.concat(records.map((record) => encode(record)))));
  const lake = new FsStore(temporaryFolder());
  await runOnce(testLedger(source, lake));
  for (const login of LOGINS) {
    const { lines } = await extract(lake, { caller: login }, lake);
    expect(lines.map(({ record }) => record.id)).toEqual(records.filter(({ identity }) => nameOf(identity.login_name) === nameOf(login)).map(({ id }) => id));
  }
});

describeWithFixtures("extraction from autumn", ["autumn"], () => {
  test("opens the exports that the tables name, and finds every record of a caller, of a session, of a capture, of a day", async () => {
    const files = exportFiles("autumn").slice(0, 24);
    const lake = new FsStore(await ingestedLake(files));
    const all = new Map<number, PlainRecord>();
    for (const file of files) {
      let rest: Uint8Array = zstdDecompressSync(readFileSync(file));
      while (rest.length > 0) {
        const [record, behind] = decodeFirst(rest) as [PlainRecord, Uint8Array];
        all.set(record.id, record);
        rest = behind;
      }
    }
    const idsWhere = (isWanted: (record: PlainRecord) => boolean): number[] => [...all.values()].filter(isWanted).map(({ id }) => id).toSorted((a, b) => a - b);
    const [some] = all.values();
    const { capture_id: capture, session_id: session, identity: { login_name: caller } } = some!;
    const found = async (selection: RecordSelection): Promise<number[]> => {
      const { lines } = await extract(lake, selection, lake);
      return [...new Set(lines.map(({ record }) => record.id))].toSorted((a, b) => a - b);
    };
    expect(await found({ capture })).toEqual(idsWhere((record) => record.capture_id === capture));
    expect(await found({ session })).toEqual(idsWhere((record) => record.session_id === session));
    expect(await found({ caller })).toEqual(idsWhere(({ identity: { login_name: login } }) => nameOf(login) === nameOf(caller)));
    const [from, to] = [new Date("2026-09-17T00:00:00Z"), new Date("2026-09-18T00:00:00Z")];
    expect(await found({ from, to })).toEqual(idsWhere(({ timestamp }) => Date.parse(timestamp) >= from.getTime() && Date.parse(timestamp) < to.getTime()));
    expect(await found({ instance: "other" })).toEqual([]);
    const opened = await extract(lake, { capture }, lake);
    expect(opened.opened).toBe(1);
  });

  test("as an export file is one that is read to the same records, byte for byte", async () => {
    const files = exportFiles("autumn").slice(0, 6);
    const lake = await ingestedLake(files);
    const out = join(temporaryFolder(), "ts-aperture-export-1789600000.cbor.zstd");
    const { code, stdout } = await call(["archive", "extract", "--lake", lake, "--format", "export", "--out", out, "--json"]);
    expect(code).toBe(0);
    const { records } = JSON.parse(stdout) as { records: number };
    const contents = Buffer.concat(files.map((file) => zstdDecompressSync(readFileSync(file))));
    const pieces: Buffer[] = [];
    expect(await decompressExport(out, (piece) => void pieces.push(Buffer.from(piece)))).toBeNull();
    expect(Buffer.concat(pieces).equals(contents)).toBe(true);
    const reading = await readWhole(out, new Date(1789600000000));
    expect(reading).toMatchObject({ read: records, accepted: records, rejected: 0, damage: null });
    expect(existsSync(`${out}.unfinished`)).toBe(false);
  });
});

test("nothing that matches is no failure: the command says so, and an export file without records is a whole one", async () => {
  const archive = temporaryFolder();
  await archiveRecords(new FsStore(archive), "prod", 0, [recordOf(1, "alice@example.com")]);
  const lines = await call(["archive", "extract", "--lake", archive, "--scan", "--caller", "nobody@example.com"]);
  expect([lines.code, lines.stdout]).toEqual([0, ""]);
  expect(lines.stderr).toMatch(/no record matches; exports opened: 1/);
  const out = join(temporaryFolder(), "none.cbor.zstd");
  const { code, stdout } = await call(["archive", "extract", "--lake", archive, "--scan", "--caller", "nobody@example.com", "--format", "export", "--out", out, "--json"]);
  expect([code, (JSON.parse(stdout) as { records: number }).records]).toEqual([0, 0]);
  expect(await readWhole(out)).toMatchObject({ read: 0, damage: null });
});

test("NDJSON goes to stdout; who asked for what is logged, and no contents are", async () => {
  const archive = temporaryFolder();
  const record = recordOf(1, "alice@example.com", { capture: { requestBody: { prompt: "a secret prompt" } } });
  await archiveRecords(new FsStore(archive), "prod", 0, [record]);
  const { code, stdout, stderr } = await call(["archive", "extract", "--lake", archive, "--scan", "--session", "ses-1", "--by", "auditor@example.com"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ position: 0, record });
  const logged = stderr.split("\n").find((line) => line.includes("records extracted from the archive")) ?? "{}";
  expect(JSON.parse(logged)).toMatchObject({ by: "auditor@example.com", selection: { session: "ses-1" }, records: 1, objects: 1 });
  expect(stderr).not.toContain("a secret prompt");
});

test("an object that is not what its digest lists is named, and nothing is left of the file", async () => {
  const folder = temporaryFolder();
  const archive = new FsStore(folder);
  const key = await archiveRecords(archive, "prod", 0, [recordOf(1, "alice@example.com")]);
  const pair = generateKeys();
  await sealCopies(archive, readSigningKey(pair.privateKey, "the test's key"), "2026-11-01");
  await archive.replace(key, zstdCompressSync(encode(recordOf(1, "mallory@example.com"))));
  const out = join(temporaryFolder(), "records.ndjson");
  const altered = await call(["archive", "extract", "--lake", folder, "--scan", "--out", out], { env: { APERTURE_LEDGER_SIGNING_KEY: pair.privateKey } });
  expect(altered.code).toBe(1);
  expect(altered.stderr).toMatch(/archive\/prod\/.* has SHA-256 .*\[archive_broken\]/);
  expect([existsSync(out), existsSync(`${out}.unfinished`)]).toEqual([false, false]);
  await archive.remove(key);
  await expect(extractArchiveOf(archive, key)).rejects.toMatchObject({ code: "archive_broken" });
});

async function extractArchiveOf(archive: ObjectStore, key: string): Promise<Extracted> {
  const tools = { archive, publicKey: undefined, log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } };
  const exports = [{ instance: "prod", key, time: new Date(exportSeconds(0) * 1000) }];
  return await extractArchive(tools, { exports, selection: {}, format: "ndjson", by: "auditor@example.com", append: async () => undefined });
}

test("mistakes in the call are explained", async () => {
  const lake = temporaryFolder();
  for (const [flags, message] of [
    [["--format", "export"], /--format export is given without --out/],
    [["--json"], /--json is given without --out/],
    [["--from", "yesterday"], /--from "yesterday" is not a time/],
    [["--from", "2026-10-05", "--to", "2026-10-04"], /--from 2026-10-05 is not before --to 2026-10-04/],
    [["--out", "/nowhere/at/all"], /\/nowhere\/at\/all cannot be written/],
  ] as const) {
    const { code, stderr } = await call(["archive", "extract", "--lake", lake, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  }
});
