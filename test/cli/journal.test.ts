import { expect, test } from "vitest";
import { type JournalEntry, writeJournal } from "../../src/lake/records/journal.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

test("journal lists who read what in these days, or what one login read", async () => {
  const folder = temporaryFolder();
  const lake = new FsStore(folder);
  const read = { known: "socket", method: "GET", route: "/explore", path: "/explore", filters: ["caller"], status: 200 } satisfies Partial<JournalEntry>;
  await writeJournal(lake, [{ ...read, at: "2026-10-05T10:00:00.000Z", by: "ann@example.com" }, { ...read, at: "2026-10-05T11:00:00.000Z", by: "bob@example.com", filters: [] }], "w-1");
  await writeJournal(lake, [{ ...read, at: "2026-10-06T10:00:00.000Z", by: "ann@example.com" }], "w-1");
  await lake.create("_ledger/journal/2026/10/05/x.ndjson", Buffer.from("no"));
  const list = async (...args: string[]) => await call(["journal", "--lake", folder, ...args], { at: "2026-10-09T00:00:00Z" });
  expect((await list("--from", "2026-10-05", "--to", "2026-10-05")).stdout).toBe(
    "2026-10-05T10:00:00Z  ann@example.com  GET /explore filtered by caller  200\n2026-10-05T11:00:00Z  bob@example.com  GET /explore  200\nattention    _ledger/journal/2026/10/05/x.ndjson is no journal of reads\n",
  );
  expect(JSON.parse((await list("--by", "Ann@example.com", "--json")).stdout)).toMatchObject({ entries: [{ at: "2026-10-05T10:00:00.000Z" }, { at: "2026-10-06T10:00:00.000Z" }], unreadable: ["_ledger/journal/2026/10/05/x.ndjson"] });
  expect((await list("--from", "2026-10-07")).stdout).toContain("nobody read anything in 2026-10-07 to 2026-10-09");
});
