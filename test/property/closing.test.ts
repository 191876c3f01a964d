import fc from "fast-check";
import { expect, test } from "vitest";
import { correctMonths } from "../../src/chargeback/correct-months.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { settingsOf, type Written } from "../allocation/who-pays.ts";
import { close, correctedFigures, figuresOf } from "../e2e/closing.ts";
import { type Asked, writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { runs } from "./runs.ts";

const MONTHS = ["2026-08", "2026-09", "2026-10", "2026-11"];
const DIRECTORIES: Written[] = [
  { directory: { teams: [{ name: "one", members: ["a@example.com"] }] } },
  { directory: { teams: [{ name: "one", members: ["a@example.com", "b@example.com"] }, { name: "two", members: ["b@example.com", "tag:ci"] }] }, allocation: { several: "even" } },
  {
    directory: { teams: [{ name: "one", members: ["a@example.com"] }, { name: "two", members: ["b@example.com"] }] },
    allocation: {
      pools: [{ name: "shared", when: { tag: "tag:ci" }, spread: "proportional" }],
      adjustments: [{ name: "discount", percent: -7.5, from: "2026-09-10" }],
    },
  },
];

interface Day {
  date: string;
  asked: Omit<Asked, "at">[];
}

const asked = fc.record({
  by: fc.constantFrom("a@example.com", "b@example.com", "c@example.com"),
  dollars: fc.option(fc.integer({ min: 0, max: 9_999_999 }).map((micros) => micros / 1e6), { nil: null }),
});
const days: fc.Arbitrary<Day[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...MONTHS), fc.integer({ min: 1, max: 27 })).map(([month, day]) => `${month}-${String(day).padStart(2, "0")}`), { minLength: 4, maxLength: 6 })
  .chain((dates) => fc.tuple(...dates.map((date) => fc.record({ date: fc.constant(date), asked: fc.array(asked, { minLength: 1, maxLength: 3 }) }))));

/** Days come in any order; after each the directory may be another, and the next month be closed. */
const history = days.chain((all) =>
  fc.record({
    all: fc.shuffledSubarray(all, { minLength: all.length }),
    turns: fc.array(fc.record({ directory: fc.nat(DIRECTORIES.length - 1), closes: fc.boolean() }), { minLength: all.length, maxLength: all.length }),
  }),
);

test("what is closed, what is booked and what is open are one run from scratch, whatever came when", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ all, turns }) => {
      const [source, folder, whole] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
      const lake = new FsStore(folder);
      const closed: string[] = [];
      let written = DIRECTORIES[0]!;
      for (const [index, { date, asked: requests }] of all.entries()) {
        written = DIRECTORIES[turns[index]!.directory]!;
        const ledger = testLedger(new FsStore(source), lake, { rules: { allocation: settingsOf(written) } });
        writeRequests(source, requests.map((one, hour) => ({ ...one, at: `${date}T${String(hour + 10)}:30:00Z` })));
        await runOnce(ledger);
        const next = await openMonths(lake, closed);
        if (turns[index]!.closes && next[0] !== undefined) {
          await close(ledger, next[0]);
          closed.push(next[0]);
        }
      }
      const settings = { rules: { allocation: settingsOf(written) } };
      await runOnce(testLedger(new FsStore(source), lake, settings));
      await correctMonths(testLedger(new FsStore(source), lake, settings), [...(await loadLedgerState(lake)).days.values()]);
      await runOnce(testLedger(new FsStore(source), new FsStore(whole), settings));
      const bookings: string[] = [];
      for await (const { key } of lake.list("corrections/")) bookings.push(/month=([\d-]+)/.exec(key)![1]!);
      const used = new Set(all.map(({ date }) => date.slice(0, 7)));
      for (const month of used) expect(await correctedFigures(folder, month, bookings)).toEqual(await figuresOf(whole, month));
    }),
    runs(3),
  );
});

async function openMonths(lake: FsStore, closed: readonly string[]): Promise<string[]> {
  const { days: built } = await loadLedgerState(lake);
  return [...new Set([...built.values()].map(({ date }) => date.slice(0, 7)))].filter((month) => !closed.includes(month)).sort();
}
