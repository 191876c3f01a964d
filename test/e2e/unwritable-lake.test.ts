import { describe, expect, test } from "vitest";
import { type ErrorCode, LedgerError } from "../../src/ledger/errors.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { plainLedger } from "../plain-ledger.ts";
import { writeRequests } from "../request-exports.ts";
import { mayBeIncoherent, temporaryFolder } from "../test-ledger.ts";

const EXPORTS = 12;

function sourceOfDays(): FsStore {
  const folder = temporaryFolder();
  writeRequests(folder, Array.from({ length: EXPORTS }, (_, day) => ({ by: "ann@example.com", at: `2026-${String(day + 1).padStart(2, "0")}-05T10:00:00Z` })));
  return new FsStore(folder);
}

interface Refusing {
  code: ErrorCode;
  /** Beginnings of the keys that cannot be written. */
  keys: string;
  retryable?: boolean;
}

/** Runs on a lake that refuses such keys; how often it was asked to write them, and the error. */
async function runOn(lake: FsStore, { code, keys, retryable = false }: Refusing, source = sourceOfDays()): Promise<{ asked: number; error: unknown }> {
  let asked = 0;
  const refusing = new HookedStore(lake, (operation, key) => {
    if (!["create", "replace"].includes(operation) || !key.startsWith(keys)) return;
    asked++;
    throw new LedgerError(code, `cannot write ${key}`, { remedy: "make it writable.", retryable });
  });
  const error: unknown = await runOnce(plainLedger(source, refusing)).then(() => undefined, (thrown: unknown) => thrown);
  return { asked, error };
}

describe("a run whose lake cannot be written", () => {
  test.each<[ErrorCode, number]>([["storage_denied", 1], ["storage_full", 1], ["bucket_missing", 1], ["storage_refused", 3]])("ends with %s, after asking %i times", async (code, most) => {
    mayBeIncoherent("nothing can be written");
    const { asked, error } = await runOn(new FsStore(temporaryFolder()), { code, keys: "" });
    expect(asked).toBe(most);
    expect(error).toMatchObject({ code, remedy: "make it writable. The run ended there; what was written before is kept, and the next run continues" });
  });

  test.each(["archive/", "landing/", "usage/", "allocations/"])("ends in the stage that writes %s, and the next run completes the ledger", async (keys) => {
    mayBeIncoherent("the first run ends in the middle");
    const [lake, source] = [new FsStore(temporaryFolder()), sourceOfDays()];
    const { asked, error } = await runOn(lake, { code: "storage_full", keys }, source);
    expect([asked, error]).toEqual([1, expect.objectContaining({ code: "storage_full" })]);
    expect(await runOnce(plainLedger(source, lake))).toMatchObject({ totals: { requests: EXPORTS } });
  });

  test("goes on where only one key is refused, and where a failure may pass", async () => {
    mayBeIncoherent("one day is missing");
    const lake = new FsStore(temporaryFolder());
    const refused = await runOn(lake, { code: "storage_refused", keys: "landing/date=2026-03-05/" });
    expect(refused).toMatchObject({ asked: 1, error: { code: "exports_failed", message: expect.stringContaining(`1 of ${String(EXPORTS)} exports`) as string } });
    const passing = await runOn(new FsStore(temporaryFolder()), { code: "storage_unavailable", keys: "landing/", retryable: true });
    expect(passing).toMatchObject({ asked: EXPORTS, error: { code: "exports_failed" } });
  });
});
