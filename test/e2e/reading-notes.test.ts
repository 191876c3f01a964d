import type { LedgerChanges } from "../change-ledger.ts";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import * as fc from "fast-check";
import pino from "pino";
import { expect, test } from "vitest";
import type { Ledger } from "../../src/open/ledger.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { formatAltered } from "../../src/chargeback/sections/quality/reading-notes.ts";
import { exportManifest } from "../../src/lake/landing/export-manifest.ts";
import { readJson } from "../../src/lake/json-object.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { array, bytes, type Entry, double, integer, map, text, textOfBytes } from "../aperture/cbor-build.ts";
import { sampleRecord } from "../aperture/sample-record.ts";
import { keysOf } from "../keys-of.ts";
import { pricingBy } from "../prices/price-requests.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { query } from "../query.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const nameOf = (hour: number): string => `ts-aperture-export-${String(1_791_500_000 + hour * 3600)}.cbor.zstd`;
const NOT_UTF8 = textOfBytes(Buffer.from([0xff]));

/** A ledger of exports with these records, one an hour. */
function ledgerOf(exports: readonly Buffer[], changes: LedgerChanges = {}): { ledger: Ledger; lake: FsStore; folder: string } {
  const source = temporaryFolder();
  for (const [hour, content] of exports.entries()) writeFileSync(join(source, nameOf(hour)), zstdCompressSync(content));
  const folder = temporaryFolder();
  const lake = new FsStore(folder);
  return { ledger: testLedger(new FsStore(source), lake, changes), lake, folder };
}

function recordOf(id: number, changes: Record<string, Buffer | undefined> = {}): Buffer {
  return sampleRecord({ id: integer(id), capture_id: text(`cap-${String(id)}`), ...changes });
}

const headers = (entries: readonly Entry[]): { capture: Buffer } => ({ capture: map([["requestHeaders", map(entries)]]) });
const by = (login: string): { identity: Buffer } => ({ identity: map([["login_name", text(login)]]) });
const dollars = (amount: number): { estimated_cost: Buffer } => ({ estimated_cost: map([["dollars", double(amount)]]) });
const usage = (...entries: readonly Entry[]): { usage: Buffer } => ({ usage: map([["input_tokens", integer(100)], ...entries]) });

test("what was replaced, cut or left out is counted by export and day, and told by status", async () => {
  const { ledger, lake } = ledgerOf([
    Buffer.concat([
      recordOf(1, headers([["User-Agent", array([NOT_UTF8])]])),
      recordOf(2, { session_id: text("y".repeat(70_000)), duration_ms: double(12.5) }),
      recordOf(3, { duration_ms: double(12.5), timestamp: text("2026-10-06T12:00:00Z") }),
      recordOf(4),
    ]),
  ]);
  expect((await runOnce(ledger)).records).toMatchObject({ accepted: 4, quarantined: 0 });
  const { landing } = await readJson(lake, `_ledger/exports/prod/${nameOf(0).replace(".cbor.zstd", "")}.json`, exportManifest);
  expect(landing.map(({ date, altered }) => [date, altered])).toEqual([
    ["2026-10-05", [
      { field: "capture.requestHeaders.user-agent", kind: "not_utf8", records: 1 },
      { field: "duration_ms", kind: "wrong_type", records: 1 },
      { field: "session_id", kind: "too_long", records: 1 },
    ]],
    ["2026-10-06", [{ field: "duration_ms", kind: "wrong_type", records: 1 }]],
  ]);
  const { notes } = await readLedgerStatus(ledger);
  expect(notes.altered).toEqual([
    { field: "capture.requestHeaders.user-agent", kind: "not_utf8", records: 1 },
    { field: "duration_ms", kind: "wrong_type", records: 2 },
    { field: "session_id", kind: "too_long", records: 1 },
  ]);
});

test("the dollars and the caller that can be read of a quarantined record are kept with it and summed over exports", async () => {
  const bad = { timestamp: undefined };
  const { ledger, lake } = ledgerOf([
    Buffer.concat([
      recordOf(1),
      recordOf(2, { ...bad, ...dollars(100), ...by("Mallory@example.com") }),
      recordOf(3, { ...bad, ...dollars(0.5), ...by("mallory@example.com") }),
      recordOf(4, { ...bad, ...dollars(NaN), identity: map([["tags", array([text("tag:ci"), text("tag:a")])]]) }),
      text("no record"),
    ]),
    recordOf(5, { ...dollars(1), ...by("mallory@example.com"), status_code: text("200") }),
  ]);
  const { records, totals, notes } = await runOnce(ledger);
  expect(records).toMatchObject({ read: 6, accepted: 1, quarantined: 5 });
  expect(totals).toMatchObject({ requests: 1 });
  expect(notes?.quarantine).toEqual({ records: 3, cost_usd: "101.500000000", callers: 2, more_callers: false });
  const written = Buffer.from(await lake.read(`quarantine/prod/${nameOf(0).replace(".cbor.zstd", "")}.ndjson`)).toString();
  const lines = written.trimEnd().split("\n").map((line) => JSON.parse(line) as QuarantineLine);
  expect(lines.map(({ cost_usd, caller }) => [cost_usd, caller])).toEqual([
    ["100.000000000", "mallory@example.com"],
    ["0.500000000", "mallory@example.com"],
    [null, "tag:a,tag:ci"],
    [null, null],
  ]);
});

test("a key in a path is in no table and no manifest, and told by status as masked", async () => {
  const key = `AIza${"Sy".repeat(17)}Z`;
  const { ledger, lake, folder } = ledgerOf([recordOf(1, { path: text(`/v1beta/models/x:generateContent?key=${key}`) })]);
  await runOnce(ledger);
  const paths = "SELECT path FROM read_parquet";
  for (const table of ["usage", "landing"]) {
    expect(await query(`${paths}('${folder}/${table}/*/*.parquet')`)).toEqual([{ path: "/v1beta/models/x:generateContent?key=[masked]" }]);
  }
  const manifests = await keysOf(lake, "_ledger/");
  expect(manifests.filter((name) => readFileSync(join(folder, name), "utf8").includes(key))).toEqual([]);
  const { notes } = await readLedgerStatus(ledger);
  expect(formatAltered(notes)).toContain("1 path with a credential in it");
});

test("a count that nobody knows leaves its request unpriced by the list, is named with its sum, and its repetition counts once", async () => {
  const prices = pricingBy([{ match: "claude-*", input: 1, output: 1 }]);
  const unpriced = { estimated_cost: undefined };
  const repeated = recordOf(3, { ...unpriced, ...usage(["audio_output_tokens", integer(34)], ["seconds_of_speech", double(1.5)]) });
  const { ledger, folder, lake } = ledgerOf(
    [
      Buffer.concat([
        recordOf(1, { ...unpriced, ...usage() }),
        recordOf(2, { ...unpriced, ...usage(["audio_output_tokens", integer(4000)], ["zero", integer(0)], ["nothing", Buffer.from([0xf6])]) }),
        repeated,
        recordOf(4, usage(["audio_output_tokens", bytes(Buffer.from("x"))], ["details", map([["audio_tokens", integer(7)]])])),
        recordOf(5, usage(["code_execution_count", integer(2)])),
        recordOf(6, { ...unpriced, usage: map([["seconds_of_speech", double(0.25)]]) }),
        recordOf(7, { ...unpriced, ...usage(["negative", integer(-1)], ["text", text("12 seconds")], ["nan", double(NaN)]) }),
        recordOf(8, { new_field: integer(1) }),
      ]),
      repeated,
    ],
    { money: { pricingOf: prices } },
  );
  const { totals, notes, records } = await runOnce(ledger);
  expect(records).toMatchObject({ accepted: 9, duplicates: 1, quarantined: 0 });
  expect(totals).toMatchObject({ requests: 8, unpriced_requests: 3 });
  expect(notes?.unknown_counts).toEqual([
    { name: "audio_output_tokens", requests: 2, sum: "4034" },
    { name: "seconds_of_speech", requests: 2, sum: "1.75" },
    { name: "code_execution_count", requests: 1, sum: "2" },
  ]);
  const rows = await query(`SELECT record_id::INTEGER AS id, cost_source FROM read_parquet('${folder}/usage/*/*.parquet') ORDER BY 1`);
  expect(rows.map(({ id, cost_source }) => [id, cost_source])).toEqual([
    [1, "price_list"], [2, "none"], [3, "none"], [4, "aperture"], [5, "aperture"], [6, "none"], [7, "price_list"], [8, "aperture"],
  ]);
  const status = await readLedgerStatus(ledger);
  expect(status.notes.unknown_keys).toContainEqual({ key: "usage.audio_output_tokens", records: 4, first_export: nameOf(0) });
  expect(status.notes.unknown_keys.map(({ key, records: count }) => [key, count])).toEqual([
    ["new_field", 1], ["usage.audio_output_tokens", 4], ["usage.code_execution_count", 1], ["usage.details", 1], ["usage.nan", 1],
    ["usage.negative", 1], ["usage.nothing", 1], ["usage.seconds_of_speech", 3], ["usage.text", 1], ["usage.zero", 1],
  ]);
  expect(await lake.head("_ledger/days/2026-10-05/prod.json")).toBeDefined();
});

test("very many unknown names are kept together, whatever they are", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `count \u202e${String(i)}${"x".repeat(100)}`);
  const { ledger } = ledgerOf([
    Buffer.concat(names.map((name, id) => recordOf(id, { [`top ${name}`]: integer(1), ...usage([name, integer(1)]) }))),
    recordOf(200, usage(...names.map((name): Entry => [name, integer(1)]))),
  ]);
  await runOnce(ledger);
  const { notes } = await readLedgerStatus(ledger);
  expect(notes.unknown_counts.length).toBeLessThanOrEqual(33);
  expect(notes.unknown_counts.reduce((all, { sum }) => all + Number(sum), 0)).toBe(200);
  expect(notes.unknown_keys.length).toBeLessThanOrEqual(130);
  for (const { key } of notes.unknown_keys) expect(key).toMatch(/^[\x20-\x7e\ufffd…]{1,70}$/u);
});

const secret = fc.stringMatching(/^[a-km-z2-9]{24}$/);

test("no byte of a credential is in anything that is written, nor in what is said", async () => {
  await fc.assert(
    fc.asyncProperty(secret, fc.constantFrom("sk-ant-oat01-", "sk-ant-api03-", "eyJ", ""), async (hidden, prefix) => {
      const said: string[] = [];
      const log = pino({ level: "trace" }, { write: (line: string) => void said.push(line) });
      const credential = headers([
        ["Authorization", array([text(`Bearer ${prefix}${hidden}`)])],
        ["x-api-key", text(`${prefix}${hidden}`)],
        ["X-Goog-Api-Key", array([text(hidden), integer(1)])],
        ["User-Agent", array([text("curl/8.5")])],
      ]);
      const { ledger, folder } = ledgerOf([Buffer.concat([recordOf(1, credential), recordOf(2, { ...credential, timestamp: undefined })])], { telling: { log } });
      const summary = await runOnce(ledger);
      expect(summary.records).toMatchObject({ accepted: 1, quarantined: 1 });
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
      for (const file of files.filter(({ parentPath }) => !parentPath.includes("archive/") && !parentPath.includes("/quarantine/"))) {
        expect(readFileSync(join(file.parentPath, file.name)).includes(hidden), file.name).toBe(false);
      }
      const [line] = files.filter(({ parentPath }) => parentPath.includes("/quarantine/")).map(({ parentPath, name }) => JSON.parse(readFileSync(join(parentPath, name), "utf8")) as QuarantineLine);
      // The record itself is kept whole, for the day on which it can be read.
      expect(zstdDecompressSync(Buffer.from(line?.cbor_zstd ?? "", "base64")).includes(hidden)).toBe(true);
      expect(JSON.stringify({ ...line, cbor_zstd: "" })).not.toContain(hidden);
      expect(said.join("") + JSON.stringify(summary)).not.toContain(hidden);
    }),
    { numRuns: 3 },
  );
});
