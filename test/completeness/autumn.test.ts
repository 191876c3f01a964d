import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { decodeFirst } from "cborg";
import { expect, test } from "vitest";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { describeCompleteness } from "../../src/cli/commands/describe-completeness.ts";
import type { GatewayCompleteness } from "../../src/completeness/gateway-completeness.ts";
import { exportManifest } from "../../src/lake/landing/export-manifest.ts";
import { readJson, replaceJson } from "../../src/lake/json-object.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { exportFiles, ingestedLake, sourceOf, temporaryFolder, testLedger } from "../test-ledger.ts";

/** Record ids of some exports, by another decoder. */
function decodeIds(files: readonly string[]): Set<number> {
  const ids = new Set<number>();
  for (const file of files) {
    let rest: Uint8Array = zstdDecompressSync(readFileSync(file));
    while (rest.length > 0) {
      const [record, behind] = decodeFirst(rest) as [{ id: number }, Uint8Array];
      ids.add(record.id);
      rest = behind;
    }
  }
  return ids;
}

/** Ids between the lowest and the highest that are not among them, as first and last of each gap. */
function gapsIn(ids: ReadonlySet<number>): [string, string][] {
  const sorted = [...ids].toSorted((a, b) => a - b);
  return sorted.flatMap((id, index): [string, string][] => {
    const next = sorted[index + 1] ?? id + 1;
    return next === id + 1 ? [] : [[String(id + 1), String(next - 1)]];
  });
}

async function completenessOf(files: readonly string[]): Promise<GatewayCompleteness[]> {
  const ledger = testLedger(await sourceOf(files), new FsStore(await ingestedLake(files)));
  return (await readLedgerStatus(ledger)).completeness.gateways;
}

describeWithFixtures("completeness of autumn", ["autumn"], () => {
  test("is whole: every id from 1 to 6000 came, late ones included, and the exporter never paused", async () => {
    const files = exportFiles("autumn");
    const ids = decodeIds(files);
    expect(gapsIn(ids)).toEqual([]);
    expect(await completenessOf(files)).toEqual([
      {
        instance: "prod",
        first_id: String(Math.min(...ids)),
        last_id: String(Math.max(...ids)),
        received: String(ids.size),
        missing: "0",
        gaps: [],
        silences: [],
        restarts: 0,
        unknown_exports: 0,
        coarse_exports: 0,
      },
    ]);
  });

  test("lacks exactly the ids of the exports that are taken away: one is an open gap, two in a row are a silence", async () => {
    const files = exportFiles("autumn").slice(0, 60);
    const left = files.filter((_, index) => ![10, 30, 31].includes(index));
    const ids = decodeIds(left);
    const expected = gapsIn(ids);
    const [found] = await completenessOf(left);
    expect(found?.gaps.map(({ first_missing: first, last_missing: last }) => [first, last])).toEqual(expected);
    expect(found).toMatchObject({ received: String(ids.size), missing: String(Math.max(...ids) - Math.min(...ids) + 1 - ids.size) });
    const [before, after] = [files[29], files[32]].map((file) => basename(file ?? ""));
    expect(found?.silences).toMatchObject([{ after: before, before: after, reason: "ids_missing" }]);
    const explained = found?.gaps.filter(({ state }) => state === "explained") ?? [];
    expect(explained.length).toBeGreaterThan(0);
    expect(explained.every((gap) => gap.reason === "exporter_silent")).toBe(true);
    expect(found?.gaps.some(({ state }) => state === "open")).toBe(true);

    const lines = describeCompleteness(found === undefined ? [] : [found]);
    expect(lines[0]).toMatch(/^complete +prod ids 1 to \d+: \d+ received, \d+ missing, \d+ gaps? open$/);
    expect(lines.find((line) => line.startsWith("gap "))).toMatch(/^gap +prod ids? .* missing between \d+ \(.*\.cbor\.zstd\) and \d+ \(.*\.cbor\.zstd\): open$/);
  });

  test("of exports that were read before ids were noted is not known until they are read again", async () => {
    const lake = new FsStore(temporaryFolder());
    const files = exportFiles("autumn").slice(0, 2);
    const ledger = testLedger(await sourceOf(files), lake);
    await runOnce(ledger);
    const keys: string[] = [];
    for await (const { key } of lake.list("_ledger/exports/")) keys.push(key);
    for (const key of keys) {
      const { record_ids: _, ...before } = await readJson(lake, key, exportManifest);
      await replaceJson(lake, key, { ...before, settings: before.settings.replace(/^reader \d+/, "reader 1") });
    }
    const [old] = (await readLedgerStatus(ledger)).completeness.gateways;
    expect(old).toMatchObject({ first_id: null, received: "0", unknown_exports: 2 });
    expect(describeCompleteness(old === undefined ? [] : [old]).join("\n")).toContain("ids of 2 exports are not known until they are read again");
    await runOnce(ledger);
    const [known] = (await readLedgerStatus(ledger)).completeness.gateways;
    expect(known).toMatchObject({ first_id: "1", received: String(decodeIds(files).size), unknown_exports: 0 });
  });
});

test("status names ten findings and counts the others", () => {
  const edge = { id: "1", time: null, export: "evil\u202egnp.cbor.zstd" };
  const gap = { state: "open", reason: null, missing: "1", first_missing: "2", last_missing: "2", after: edge, before: edge } as const;
  const gateway = { instance: "prod", first_id: "1", last_id: "99", received: "50", missing: "49", gaps: Array.from({ length: 14 }, () => gap), silences: [], restarts: 0, unknown_exports: 0, coarse_exports: 0 };
  const lines = describeCompleteness([gateway]);
  expect(lines.filter((line) => line.startsWith("gap "))).toHaveLength(10);
  expect(lines.at(-1)).toContain("and 4 more");
  expect(lines.join("\n")).not.toContain("\u202e");
});
