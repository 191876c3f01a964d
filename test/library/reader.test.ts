import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";
import { encode } from "cborg";
import { expect, test } from "vitest";
import { type ExportItem, readRecords } from "../../src/library/reader.ts";
import { temporaryFolder } from "../test-ledger.ts";

const MADE_AT = Date.UTC(2026, 9, 8) / 1000;

function record(index: number, more: object = {}): Uint8Array {
  return encode({
    id: index,
    capture_id: `capture-${String(index)}`,
    timestamp: "2026-10-07T12:00:00.000001Z",
    identity: { login_name: "ann@example.com" },
    model: "claude-sonnet-4-6",
    status_code: 200,
    estimated_cost: { dollars: 0.25 },
    ...more,
  });
}

function writeExport(records: readonly Uint8Array[], name = `ts-aperture-export-${String(MADE_AT)}.cbor.zstd`): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, zstdCompressSync(Buffer.concat(records)));
  return file;
}

async function readAll(...args: Parameters<typeof readRecords>): Promise<ExportItem[]> {
  const items: ExportItem[] = [];
  for await (const item of readRecords(...args)) items.push(item);
  return items;
}

test("an export is read record by record, in its order, with what is wrong with one and how much was read at the end", async () => {
  const records = [record(1), record(2, { timestamp: "yesterday" }), record(3)];
  const items = await readAll(writeExport(records));
  expect(items.map(({ kind }) => kind)).toEqual(["request", "rejected", "request", "end"]);
  // A quarter of a dollar, and 12:00 and a microsecond.
  expect(items[0]).toMatchObject({ request: { id: 1n, login: "ann@example.com", cost: 250_000_000n, ts: Date.UTC(2026, 9, 7, 12) * 1000 + 1 }, place: { position: 0, offset: 0, length: records[0]?.length } });
  expect(items[1]).toMatchObject({ rejection: { reason: "timestamp_invalid", field: "timestamp" }, parts: { id: 2n } });
  expect(items[3]).toEqual({ kind: "end", read: 3, accepted: 2, rejected: 1, contentBytes: Buffer.concat(records).length, damage: null });
});

test("bytes are read like a file of them", async () => {
  const file = writeExport([record(1), record(2)]);
  expect(await readAll(readFileSync(file), { exportedAt: new Date(MADE_AT * 1000) })).toEqual(await readAll(file));
});

test("a record that is a day younger than its export is rejected, by the time in the name or the given one", async () => {
  const file = writeExport([record(1)], "ts-aperture-export-1790000000.cbor.zstd");
  expect((await readAll(file))[0]).toMatchObject({ kind: "rejected", rejection: { reason: "timestamp_out_of_range" } });
  expect((await readAll(file, { exportedAt: new Date(MADE_AT * 1000) }))[0]).toMatchObject({ kind: "request" });
});

test("of the headers only those that were asked for are delivered", async () => {
  const file = writeExport([record(1, { capture: { requestHeaders: { "X-Github-Repository": ["acme/web"], "X-Other": ["other"] } } })]);
  const [plain] = await readAll(file);
  expect(plain).toMatchObject({ request: { headers: {} } });
  const [asked] = await readAll(file, { headers: ["x-github-repository"] });
  expect(asked).toMatchObject({ request: { headers: { "x-github-repository": "acme/web" } } });
});

test("damage is said at the end, after everything before it", async () => {
  const file = writeExport([record(1), record(2).subarray(0, 40)]);
  const items = await readAll(file);
  expect(items.map(({ kind }) => kind)).toEqual(["request", "end"]);
  expect(items[1]).toMatchObject({ damage: { code: "cbor_truncated" } });
  expect(await readAll(Buffer.from("no export"))).toEqual([{ kind: "end", read: 0, accepted: 0, rejected: 0, contentBytes: 0, damage: expect.objectContaining({ code: "not_zstd" }) as unknown }]);
});

test("records are read as they are taken, and a caller that stops early leaves nothing open", async () => {
  const file = writeExport(Array.from({ length: 500 }, (_, index) => record(index, { capture: { requestBody: randomBytes(64_000) } })));
  expect(statSync(file).size).toBeGreaterThan(30e6);
  const before = bytesRead();
  for await (const { kind } of readRecords(file)) {
    expect(kind).toBe("request");
    // Time enough to read everything, if nothing held it back.
    await delay(200);
    break;
  }
  expect(bytesRead() - before).toBeLessThan(10e6);
  expect(readdirSync("/proc/self/fd").filter((fd) => existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`) === file)).toEqual([]);
});

test("a file that cannot be opened is an error", async () => {
  await expect(readAll(join(temporaryFolder(), "missing.cbor.zstd"))).rejects.toMatchObject({ code: "ENOENT" });
});

/** By this process, from files, as the kernel counts. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}
