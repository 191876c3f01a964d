import { beforeEach, describe, expect, test } from "vitest";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { copyArchive } from "../../src/archive/copy-archive.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import type { Verification } from "../../src/archive/verifier/verification.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { unpackObjects, writeObjects } from "../packed-objects.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { openGolden } from "./open-golden.ts";
import { EXPECTED, LEDGER, ledgerIn, remake, reportAndContinue, showObjects } from "./outcomes.ts";
import { COMMITTED_AT } from "./steps.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

async function verifyAt(at: string): Promise<Verification> {
  const { stores: { archive, lake }, telling: { progress }, work: { archiving, clock } } = await openGolden(folder, at);
  if (archiving.signingKey === undefined) throw new Error("the golden ledger has a signing key");
  return await verifyArchive({ archive, lake, publicKey: archiving.signingKey.publicKey, sample: undefined, head: undefined, instance: undefined, now: clock(), progress });
}

/**
 * The committed ledger is what users have in their buckets. Held to the byte: every object of lake and archive that reading, sealing,
 * reporting and closing write, Parquet included, because what is closed or signed can never be written again. Not held to the byte:
 * pages, whose wording may change (their figures may not), and with them their sizes and hashes in the record of the close and its id,
 * which is a digest of those.
 */
describe("the golden ledger", () => {
  test("is read again once, for columns that were added since, and no figure, report or close changes", async () => {
    const before = unpackObjects(LEDGER);
    writeObjects(folder, before);
    const first = await runOnce(await openGolden(folder, COMMITTED_AT));
    expect([first.exports, first.days]).toEqual([{ seen: 4, ingested: 4, skipped: 0, damaged: 0 }, { built: 6, fresh: 0 }]);
    const after = ledgerIn(folder);
    const changed = [...after].filter(([key, bytes]) => before.get(key)?.equals(bytes) !== true).map(([key]) => key);
    expect(changed.filter((key) => !/^lake\/(?:landing|usage|rollups|_ledger\/(?:exports|days|allocations|corrections|snapshots))\//.test(key))).toEqual([]);
    expect([...before.keys()].filter((key) => !after.has(key))).toEqual([]);
    const { totals, records, exports, days } = await runOnce(await openGolden(folder, COMMITTED_AT));
    expect(showObjects(ledgerIn(folder))).toEqual(showObjects(after));
    expect(totals).toMatchObject({ requests: 26, cost_usd: "32.818729987" });
    expect(records).toMatchObject({ accepted: 27, quarantined: 1, duplicates: 1 });
    expect([exports, days]).toEqual([{ seen: 4, ingested: 0, skipped: 4, damaged: 0 }, { built: 0, fresh: 6 }]);
  });

  test("is copied with its archive, which verifies as the original does and differs from it in nothing", async () => {
    writeObjects(folder, unpackObjects(LEDGER));
    const { stores: { archive }, telling: { progress }, work: { archiving, clock } } = await openGolden(folder, COMMITTED_AT);
    const publicKey = archiving.signingKey?.publicKey ?? "";
    const { copied, later, verification } = await copyArchive({ source: archive, target: new FsStore(temporaryFolder()), publicKey, roots: undefined, lock: undefined, instance: undefined, isDry: false, now: clock(), progress, pause: () => Promise.resolve() });
    expect(verification?.findings).toEqual([]);
    expect({ later, ...verification?.replica }).toMatchObject({ later: 0, objects: copied.objects, differences: [] });
  });

  test("verifies together with its lake, and serves the closed month as it was closed", async () => {
    writeObjects(folder, unpackObjects(LEDGER));
    const verified = await verifyAt(COMMITTED_AT);
    expect(verified.findings).toEqual([]);
    expect(verified.derived).toMatchObject({ exports: 4, days: 6, rows: 26, closes: 1, closed_files: 21 });
    expect(verified.gateways).toMatchObject([
      { instance: "lab", digests: 11, events: 1, head: "ebfbc591ee4f1488076a10029f01e99a6c3fff1993ad37906e562d6dbcf51304", waiting: { exports: 0, events: 0 } },
      { instance: "prod", digests: 11, events: 5, head: "f08a1b78c97b2909291c4083f1877e8df2393792b5a4a1ff454a50482f3f4735", waiting: { exports: 0, events: 0 } },
    ]);
    const served = await reportMonth(await openGolden(folder, COMMITTED_AT), "2026-10");
    expect(served).toMatchObject({ closed: { written: [], corrected: [{ booking: "2026-11" }] } });
    expect(showObjects(ledgerIn(folder))).toEqual(showObjects(unpackObjects(LEDGER)));
  });

  test("is made again to the same bytes", async () => {
    const expected = [...unpackObjects(EXPECTED)].filter(([key]) => key.startsWith("made/"));
    expect(showObjects(await remake(folder))).toEqual(showObjects(new Map(expected)));
  });

  test("reports the open month, reads late usage, seals, and closes the month to the same bytes", async () => {
    const expected = [...unpackObjects(EXPECTED)].filter(([key]) => !key.startsWith("made/"));
    expect(showObjects(await reportAndContinue(folder))).toEqual(showObjects(new Map(expected)));
    expect((await verifyAt("2026-12-02T10:00:00Z")).findings).toEqual([]);
  });
});
