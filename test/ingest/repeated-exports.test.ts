import { changeLedger } from "../change-ledger.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { findRepeatedExports } from "../../src/ingest/copying/repeated-exports.ts";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import * as cbor from "../aperture/cbor-build.ts";
import { EXPORT_SECONDS, sampleRecord } from "../aperture/sample-record.ts";
import { keysOf } from "../keys-of.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const nameOf = (hour: number): string => `ts-aperture-export-${String(EXPORT_SECONDS + hour * 3600)}.cbor.zstd`;
const exportOf = (...ids: number[]): Buffer => zstdCompressSync(Buffer.concat(ids.map((id) => sampleRecord({ id: cbor.integer(id), capture_id: cbor.text(`cap-${String(id)}`) }))));
const withoutIds = (captures: string): Buffer => zstdCompressSync(sampleRecord({ id: undefined, capture_id: cbor.text(captures) }));

/** A ledger of gateways, each with these exports by hour. */
function ledgerOf(gateways: Readonly<Record<string, readonly Buffer[]>>): ReturnType<typeof testLedger> {
  const sources = Object.entries(gateways).map(([instance, exports]) => {
    const folder = temporaryFolder();
    for (const [hour, bytes] of exports.entries()) writeFileSync(join(folder, nameOf(hour)), bytes);
    return { instance, store: new FsStore(folder) };
  });
  const lake = new FsStore(temporaryFolder());
  return testLedger(lake, lake, { stores: { sources } });
}

async function repeatedIn(ledger: ReturnType<typeof testLedger>): Promise<unknown> {
  await runOnce(ledger);
  const { exports } = await loadLedgerState(ledger.stores.lake);
  return await findRepeatedExports(ledger.stores.lake, [...exports.values()]);
}

describe("the same exports under two gateways", () => {
  test("are told by their bytes, whatever their places are called", async () => {
    const ledger = ledgerOf({ east: [exportOf(1, 2), exportOf(3), exportOf(4)], west: [exportOf(1, 2), exportOf(3), exportOf(9)], north: [exportOf(7)] });
    const pair = { instances: ["east", "west"], exports: 2, newest: nameOf(1) };
    expect(await repeatedIn(ledger)).toEqual([pair]);
    expect((await readLedgerStatus(ledger)).repeated_exports).toEqual([pair]);
  });

  test("are told where gateways give no ids to their records", async () => {
    const pair = { instances: ["east", "west"], exports: 1, newest: nameOf(0) };
    expect(await repeatedIn(ledgerOf({ west: [withoutIds("a")], east: [withoutIds("a")] }))).toEqual([pair]);
  });

  test("are not those of the same names, ids and times with other bytes, nor those that hold nothing", async () => {
    const empty = zstdCompressSync(Buffer.alloc(0));
    const other = zstdCompressSync(sampleRecord({ id: cbor.integer(1), capture_id: cbor.text("cap-1"), path: cbor.text("/v1/other") }));
    expect(await repeatedIn(ledgerOf({ east: [exportOf(1), empty, withoutIds("a")], west: [other, empty, withoutIds("b")] }))).toEqual([]);
  });

  test("are out of the ledger when the second gateway's copies, manifests and landing files are removed", async () => {
    const ledger = ledgerOf({ east: [exportOf(1, 2)], west: [exportOf(1, 2)] });
    expect((await runOnce(ledger)).totals.requests).toBe(4);
    const { stores: { lake } } = ledger;
    const named = (await keysOf(lake, "")).filter((key) => /^(?:archive|_ledger\/exports|quarantine)\/west\/|^landing\/date=[^/]*\/west--/.test(key));
    for (const key of named) await lake.remove(key);
    const only = changeLedger(ledger, { stores: { sources: ledger.stores.sources.filter(({ instance }) => instance === "east") } });
    expect((await runOnce(only)).totals.requests).toBe(2);
    expect((await keysOf(lake, "")).filter((key) => key.includes("west"))).toEqual([]);
  });
});
