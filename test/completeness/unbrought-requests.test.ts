import { expect, test } from "vitest";
import { findUnbrought, type WitnessedHour } from "../../src/completeness/unbrought-requests.ts";
import { witnessHooks } from "../../src/completeness/witness-hooks.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import type { SeenRequest } from "../../src/limits/live/live-requests.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

const HOUR = 3_600_000;
const instance = "prod";

function hourOf(index: number, counts: Omit<WitnessedHour, "hour">): WitnessedHour {
  return { hour: new Date(index * HOUR), ...counts };
}

test("where one id is the same, ids decide", () => {
  const hours = [hourOf(0, { hooks: 2, known: 1, exports: 9, unnamed: 0 }), hourOf(1, { hooks: 2, known: 2, exports: 9, unnamed: 0 }), hourOf(2, { hooks: 1, known: 0, exports: 9, unnamed: 0 })];
  expect(findUnbrought(instance, hours)).toEqual([
    { instance, hour: new Date(0), hooks: 2, exports: 9, missing: 1, by: "id" },
    { instance, hour: new Date(2 * HOUR), hooks: 1, exports: 9, missing: 1, by: "id" },
  ]);
});

test("what exports brought without an id is not missed, and counts for no more than it is", () => {
  const hours = (unnamed: number) => [hourOf(0, { hooks: 3, known: 1, exports: 3, unnamed }), hourOf(1, { hooks: 1, known: 1, exports: 5, unnamed: 4 })];
  expect([2, 1, 0].map((unnamed) => findUnbrought(instance, hours(unnamed)).map(({ missing }) => missing))).toEqual([[], [1], [2]]);
});

test("where none is, hours are counted, and more in the exports hides nothing that it could show", () => {
  const hours = [hourOf(0, { hooks: 1, known: 0, exports: 5, unnamed: 0 }), hourOf(1, { hooks: 2, known: 0, exports: 1, unnamed: 1 }), hourOf(2, { hooks: 1, known: 0, exports: 0, unnamed: 0 })];
  expect(findUnbrought(instance, hours)).toEqual([
    { instance, hour: new Date(HOUR), hooks: 2, exports: 1, missing: 1, by: "count" },
    { instance, hour: new Date(2 * HOUR), hooks: 1, exports: 0, missing: 1, by: "count" },
  ]);
});

test("a ledger's hours are compared up to its last export, by gateway", async () => {
  const [source, folder] = [temporaryFolder(), temporaryFolder()];
  writeRequests(source, ["2026-10-08T10:10:00Z", "2026-10-08T10:20:00Z", "2026-10-08T11:00:00Z"].map((at) => ({ by: "ann@example.com", at })));
  const lake = new FsStore(folder);
  await runOnce(testLedger(new FsStore(source), lake));
  const days = [...(await loadLedgerState(lake)).days.values()];
  const at = (time: string, requestId: string, gateway = instance): SeenRequest => ({ instance: gateway, requestId, minute: new Date(`2026-10-${time}Z`) });
  const witnessOf = async (...seen: SeenRequest[]): ReturnType<typeof witnessHooks> =>
    await witnessHooks(lake, { add: () => Promise.reject(new Error("not asked")), sumsFrom: () => Promise.reject(new Error("not asked")), async *seen() { yield* seen; await Promise.resolve(); } }, days);

  // Exports end at 00:59:59 of the 9th: that hour is not over. Nothing is known of west.
  const unknown = [at("09T00:30", "z"), at("08T10:15", "w", "west")];
  expect(await witnessOf(at("08T10:10", "capture-2026-10-08-0"), at("08T10:10", "capture-2026-10-08-0"), at("08T11:30", "lost"), ...unknown)).toEqual({
    compared: 2,
    unbrought: [{ instance, hour: new Date("2026-10-08T11:00:00Z"), hooks: 1, exports: 1, missing: 1, by: "id" }],
  });
  expect(await witnessOf(at("08T10:10", "x"), at("08T10:11", "y"), at("08T12:00", "v"), ...unknown)).toEqual({
    compared: 3,
    unbrought: [{ instance, hour: new Date("2026-10-08T12:00:00Z"), hooks: 1, exports: 0, missing: 1, by: "count" }],
  });
});
