import { execFile } from "node:child_process";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createZstdCompress } from "node:zlib";
import { encode } from "cborg";
import { describe, expect, test } from "vitest";
import { simulateExports } from "../../src/simulate/write-exports.ts";
import type { Ingestion } from "../bench/ingest-export.ts";
import { callInShell } from "../cli/call.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { temporaryFolder } from "../test-ledger.ts";

const REPORT = pathToFileURL(join(import.meta.dirname, "report-memory.ts")).href;
const LAND = join(import.meta.dirname, "land-in-child.ts");
const MIB = 1024;

/** Most memory that a whole run of the command line had resident, in KiB. */
async function memoryOfRun(source: string): Promise<number> {
  const env = { NODE_OPTIONS: `--import=${REPORT}` };
  const { code, stderr } = await callInShell(`$LEDGER run --source ${source} --lake ${temporaryFolder()}`, { env });
  expect(code).toBe(0);
  return Number(/resident (\d+) KiB/.exec(stderr)?.[1]);
}

describeWithFixtures("a whole run stays under 300 MB", ["bodies", "hostile"], (pathOf) => {
  test("on conversations of 44 MB", async () => {
    expect(await memoryOfRun(pathOf("bodies"))).toBeLessThan(300 * MIB);
  });

  test("on a record of 1 GiB", async () => {
    const source = temporaryFolder();
    await callInShell(`cp ${pathOf("hostile")}/bomb.cbor.zstd ${source}`);
    expect(await memoryOfRun(source)).toBeLessThan(300 * MIB);
  });
});

/** A CBOR byte string of that many zeros, at most 2^32: an item that is no record. */
function* zeros(length: number): Generator<Buffer> {
  const head = Buffer.from([0x5a, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 1);
  yield head;
  for (let left = length; left > 0; left -= 1 << 20) yield Buffer.alloc(Math.min(left, 1 << 20));
}

const DATES = 600;

/** Records no larger than they have to be, on many dates. */
function* manyDates(records: number): Generator<Buffer> {
  const first = Date.UTC(2020, 0, 1) / 1000;
  for (let id = 0; id < records; id += 1000) {
    const some = Array.from({ length: 1000 }, (_, i) => encode({ id: id + i, timestamp: first + ((id + i) % DATES) * 86_400, identity: {} }));
    yield Buffer.concat(some);
  }
}

/** Lands an export in a process whose heap ends at 150 MB, which then dies if more than that is in use; says on how many dates. */
async function landInSmallHeap(file: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=150", LAND, file, temporaryFolder()]);
  return Number(stdout);
}

test("landing records that are spread over 600 dates takes a heap of 150 MB", async () => {
  const file = join(temporaryFolder(), "1791500000.cbor.zstd");
  await pipeline(Readable.from(manyDates(150_000)), createZstdCompress(), createWriteStream(file));
  expect(await landInSmallHeap(file)).toBe(DATES);
});

describe("a whole run stays under 300 MB", () => {
  test("on a quarantined record of 1 GiB, whose bytes it keeps", async () => {
    const source = temporaryFolder();
    await pipeline(Readable.from(zeros(2 ** 30)), createZstdCompress(), createWriteStream(join(source, "1791500000.cbor.zstd")));
    expect(await memoryOfRun(source)).toBeLessThan(300 * MIB);
  });
});

const INGEST = join(import.meta.dirname, "../bench/ingest-export.ts");

/** Most memory that a process had resident, in MiB, which ingested one export of that many simulated records. */
async function memoryOfIngest(options: { records: number; bodies: boolean }): Promise<number> {
  const folder = temporaryFolder();
  const { exports } = simulateExports({ ...options, days: 1, everySeconds: 86_400, limit: 1_000_000, duplicates: 0, late: 0 });
  const files: string[] = [];
  for await (const { name, bytes } of exports) {
    files.push(join(folder, name));
    writeFileSync(join(folder, name), bytes);
  }
  expect(files).toHaveLength(1);
  const { stdout } = await promisify(execFile)(process.execPath, [INGEST, ...files]);
  const { records, residentMiB } = JSON.parse(stdout) as Ingestion;
  expect(records).toBe(options.records);
  return residentMiB;
}

describe("an ingest stays under 200 MB", () => {
  test("of 80,000 records in one export", async () => {
    expect(await memoryOfIngest({ records: 80_000, bodies: false })).toBeLessThan(200);
  });

  test("of conversations, and takes no more for four times as many", async () => {
    const some = await memoryOfIngest({ records: 300, bodies: true });
    const many = await memoryOfIngest({ records: 1200, bodies: true });
    expect(many).toBeLessThan(200);
    // A heap is not the same size twice; what grew with the export would have grown by 400 MB.
    expect(many).toBeLessThan(some + 30);
  });
});
