import { expect, test } from "vitest";
import { sqlText, withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { temporaryFolder } from "../test-ledger.ts";

test.each(["", "plain", "o'brien", "a\0b", "\0", "'\0'", "'; DROP TABLE x; --", "💸\u202e"])("a text literal of SQL means its text: %j", async (text) => {
  const read = await withDuckDb({ temporaryDirectory: temporaryFolder() }, async (duck) => {
    const result = await duck.runAndReadAll(`SELECT ${sqlText(text)} AS text, ${sqlText(text)} IN (${sqlText("other")}, ${sqlText(text)}) AS found`);
    return result.getRowObjectsJS();
  });
  expect(read).toEqual([{ text, found: true }]);
});
