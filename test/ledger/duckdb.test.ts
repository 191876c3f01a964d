import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { sqlText } from "../../src/ledger/sql/sql-texts.ts";
import { temporaryFolder } from "../test-ledger.ts";

test.each(["", "plain", "o'brien", "a\0b", "\0", "'\0'", "'; DROP TABLE x; --", "💸\u202e"])("a text literal of SQL means its text: %j", async (text) => {
  const read = await withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => {
    const result = await duck.runAndReadAll(`SELECT ${sqlText(text)} AS text, ${sqlText(text)} IN (${sqlText("other")}, ${sqlText(text)}) AS found`);
    return result.getRowObjectsJS();
  });
  expect(read).toEqual([{ text, found: true }]);
});

describe("a database is used again", () => {
  const spilling = "SELECT count(DISTINCT i::VARCHAR || 'a text of some length, so that the values do not fit into memory') FROM range(2000000) numbers(i)";
  const folderOf = async (folder: string): Promise<string> =>
    await withDuckDb({ temporaryDirectory: folder, mostMemoryMiB: 57 }, async (duck) => String((await duck.runAndReadAll("SELECT current_setting('temp_directory')")).value(0, 0)));

  test("without what its last user made in it, and with the folder of its next", async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    await withDuckDb({ temporaryDirectory: first }, async (duck) => void (await duck.run("SET TimeZone = 'Asia/Kathmandu'; CREATE TEMP TABLE left_behind AS SELECT 1")));
    const seen = await withDuckDb({ temporaryDirectory: second }, async (duck) =>
      (await duck.runAndReadAll("SELECT current_setting('TimeZone'), current_setting('temp_directory'), (SELECT count(*)::INTEGER FROM duckdb_tables())")).getRows());
    expect(seen).toEqual([["UTC", join(second, "duckdb"), 0]]);
  });

  test("also after one that wrote to its folder, which may be gone by then", async () => {
    const first = temporaryFolder();
    await withDuckDb({ temporaryDirectory: first, mostMemoryMiB: 57 }, async (duck) => {
      await duck.run(spilling);
      expect(existsSync(join(first, "duckdb"))).toBe(true);
    });
    rmSync(first, { recursive: true });
    const second = temporaryFolder();
    expect(await folderOf(second)).toBe(join(second, "duckdb"));
    await withDuckDb({ temporaryDirectory: second, mostMemoryMiB: 57 }, async (duck) => void (await duck.run(spilling)));
  });

  test("not after a failure", async () => {
    await expect(withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => void (await duck.run("SELECT nothing_of_the_kind")))).rejects.toThrow("nothing_of_the_kind");
    expect(await folderOf(temporaryFolder())).toMatch(/duckdb$/);
  });
});

test("the code makes nothing in a database that its next user would meet", () => {
  const root = join(import.meta.dirname, "../..");
  // What src/ddl writes is for other databases.
  const lasting = globSync("{src,jobs}/**/*.ts", { cwd: root, exclude: ["src/ddl/**"] }).flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/\b(?:CREATE (?:OR REPLACE )?(?!OR REPLACE |TEMP )|ATTACH |SET GLOBAL )\w+.*/g)].map(([found]) => `${file}: ${found}`));
  expect(lasting).toEqual([]);
});
