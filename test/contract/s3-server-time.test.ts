import { expect, test } from "vitest";
import { findClockDoubt } from "../../src/archive/timekeeping/find-clock-doubt.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keysOf } from "../keys-of.ts";
import { lockedPlace } from "./locked-place.ts";

const YEAR_MS = 365 * 86_400_000;

test("an S3 server says what time it is without anything being written, and a clock a year ahead or behind is in doubt", async () => {
  const { place } = await lockedPlace();
  const bucket = await openStore(place.location);
  const ledger = testLedger(new FsStore(temporaryFolder()), bucket);
  const server = (await bucket.serverTime?.())?.getTime() ?? Number.NaN;
  const doubt = async (at: number): Promise<string | undefined> => (await findClockDoubt(ledger, { exports: new Map() }, new Date(at), "seal"))?.error.code;
  expect(await doubt(server)).toBeUndefined();
  expect(await doubt(server + YEAR_MS)).toBe("clock_doubtful");
  expect(await doubt(server - YEAR_MS)).toBe("clock_doubtful");
  expect(await keysOf(bucket)).toEqual([]);
});

test("a file system has no clock but this machine's", () => {
  expect("serverTime" in new FsStore(temporaryFolder())).toBe(false);
});
