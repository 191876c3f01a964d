import type { LedgerChanges } from "../change-ledger.ts";
import { beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../src/open/ledger.ts";
import { reportMonth } from "../../src/chargeback/report-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { recordWrites } from "../hooked-store.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import { close } from "./closing.ts";

let source: string;
let lake: FsStore;
const [AUGUST, SEPTEMBER] = [layout.close("2026-08"), layout.close("2026-09")];

beforeEach(async () => {
  [source, lake] = [temporaryFolder(), new FsStore(temporaryFolder())];
  writeRequests(source, ["2026-08", "2026-09"].map((month) => ({ by: "ann@example.com", at: `${month}-10T12:00:00Z`, dollars: 3 })));
  await runOnce(ledger());
  for (const month of ["2026-08", "2026-09"]) await close(ledger(), month);
});

function ledger(changes: LedgerChanges = {}): Ledger {
  return testLedger(new FsStore(source), lake, changes);
}

/** What does something while a close record says something else, or is gone where it says nothing. */
async function whileRecord(key: string, says: ((text: string) => string) | null, act: () => Promise<unknown>): Promise<unknown> {
  const before = await lake.read(key);
  if (says === null) await lake.remove(key);
  else await lake.replace(key, Buffer.from(says(Buffer.from(before).toString())));
  try {
    return await act();
  } finally {
    await lake.replace(key, before);
  }
}

test.each<[string, (text: string) => string]>([
  ["what is owed", (text) => text.replace('"owed_usd": "3.000000000"', '"owed_usd": "2.000000000"')],
  ["who closed the month", (text) => text.replace('"closed_by": "', '"closed_by": "not ')],
  ["which page was closed", (text) => text.replace(/("name": "chargeback\.html",\s*"size": \d+,\s*"sha256": ")./u, "$1?")],
  ["what was an input", (text) => text.replace(/"rollups": "./u, '"rollups": "?')],
  ["which months were closed before", (text) => text.replace('"month": "2026-08"', '"month": "2026-07"')],
])("a close record that says otherwise %s is an error that names it", async (_what, says) => {
  const reported = whileRecord(SEPTEMBER, says, () => reportMonth(ledger(), "2026-09"));
  await expect(reported).rejects.toMatchObject({ code: "closed_file_altered", message: expect.stringContaining(SEPTEMBER) as string });
});

test.each<[string, ((text: string) => string) | null]>([
  ["was removed", null],
  ["names somebody else, and is older than the digest", (text) => text.replace('"closed_by": "', '"closed_by": "not ').replace(/,\s*"digest": "[0-9a-f]{64}"/u, "")],
])("a close record that %s is missed by the months closed after it, and nothing is booked", async (_how, says) => {
  const { store, writes } = recordWrites(lake);
  const ran = whileRecord(AUGUST, says, () => runOnce(ledger({ stores: { lake: store } })));
  await expect(ran).rejects.toMatchObject({ code: "closed_file_altered", message: expect.stringMatching(new RegExp(`${AUGUST} .*2026-09 was closed$`)) as string });
  expect(writes.filter((write) => !write.includes("_ledger/closes/"))).toEqual([]);
});
