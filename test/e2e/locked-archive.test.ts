import pino from "pino";
import { expect, test } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { addDuration, type Duration } from "../../src/archive/retention/duration.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { lockedPlace } from "../contract/locked-place.ts";
import { keys } from "../contract/object-store.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { digestsOfOneRun, exportFiles, sourceOf, tableDigests, temporaryFolder, testLedger } from "../test-ledger.ts";
import { copiesOf } from "../archived-copies.ts";

const retain: Duration = { text: "7 years", count: 7, unit: "years" };
const archiving = { ...PLAIN_ARCHIVE, lock: { mode: "COMPLIANCE" as const, retain } };

/** What a run logs on the way. */
function logged(): { log: pino.Logger; lines: () => string[] } {
  const lines: string[] = [];
  return { log: pino({ level: "warn" }, { write: (line) => void lines.push(line) }), lines: () => lines };
}

describeWithFixtures("an archive in a bucket with Object Lock", () => {
  test("locks every copy for the configured time from when the export was made, and never twice", async () => {
    const files = exportFiles("autumn").slice(0, 4);
    const source = await sourceOf(files);
    const lake = new FsStore(temporaryFolder());
    const { store: archive, locks, versionsOf } = await lockedPlace();
    const ledger = testLedger(source, lake, { stores: { archive }, work: { archiving } });
    await runOnce(ledger);

    const copies = await copiesOf(archive);
    expect(copies).toHaveLength(files.length);
    for (const key of copies) {
      const seconds = Number(/(\d{10})\.cbor\.zstd$/.exec(key)?.[1]);
      const until = addDuration(new Date(seconds * 1000), retain);
      expect(await locks.protectionOf(key)).toEqual({ retention: { mode: "COMPLIANCE", until }, legalHold: false });
      await expect(locks.erase(key)).rejects.toMatchObject({ code: "object_locked" });
    }
    await runOnce(ledger);
    expect(await versionsOf("archive/")).toHaveLength((await keys(archive, "archive/")).length);
    expect(await tableDigests(lake)).toEqual(await digestsOfOneRun(files));
  });

  test("may be the lake's own: tables are made in it and made anew", async () => {
    const files = exportFiles("autumn").slice(0, 2);
    const { store: lake, locks } = await lockedPlace();
    await runOnce(testLedger(await sourceOf(files.slice(0, 1)), lake, { work: { archiving } }));
    await runOnce(testLedger(await sourceOf(files), lake, { work: { archiving } }));
    for (const key of await copiesOf(lake)) expect((await locks.protectionOf(key)).retention?.mode).toBe("COMPLIANCE");
    expect(await tableDigests(lake)).toEqual(await digestsOfOneRun(files));
  });

  test("is missed, once, where a lock is configured and the archive cannot lock", async () => {
    const source = await sourceOf(exportFiles("autumn").slice(0, 3));
    const lake = new FsStore(temporaryFolder());
    const { log, lines } = logged();
    await runOnce(testLedger(source, lake, { work: { archiving }, telling: { log } }));
    expect(await copiesOf(lake)).toHaveLength(3);
    expect(lines().filter((line) => line.includes("the archive does not support locks"))).toHaveLength(1);
  });
});
