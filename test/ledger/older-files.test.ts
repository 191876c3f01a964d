import { expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { withAddedTokens } from "../../src/ledger/usage/older-files.ts";
import { withWorkspace } from "../../src/storage/workspace.ts";

test("rows of files that are older than a count have 0 of it, and others keep theirs", async () => {
  const rows = await withWorkspace((temporaryDirectory) =>
    withDuckDb({ temporaryDirectory }, async (duck) => {
      const older = withAddedTokens("(VALUES (1), (2)) AS older(requests)", ["audio_tokens"]);
      const newer = withAddedTokens("(VALUES (3, 4.5)) AS newer(requests, audio_tokens)", ["audio_tokens"]);
      const found = await duck.runAndReadAll(`SELECT requests, audio_tokens::VARCHAR FROM (FROM ${older} UNION ALL FROM ${newer}) ORDER BY requests`);
      return found.getRows();
    }),
  );
  expect(rows).toEqual([[1, "0.000000000"], [2, "0.000000000"], [3, "4.500000000"]]);
});

test("rows are read as they are where no count was added", () => {
  expect(withAddedTokens("usage", [])).toBe("usage");
});
