import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ErasureReport } from "../../src/archive/erase-caller.ts";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { EXPORT_SECONDS, sampleRecord } from "../aperture/sample-record.ts";
import { query } from "../query.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call, type CallResult } from "./call.ts";

const ENV = { APERTURE_LEDGER_SIGNING_KEY: generateKeys().privateKey, APERTURE_LEDGER_ERASURE_KEY: "a secret of this test, of enough characters" };

test("archive erase says what it would do, does it on demand, and the next run knows nobody of that name", async () => {
  const [source, lake] = [temporaryFolder(), temporaryFolder()];
  writeFileSync(join(source, `ts-aperture-export-${String(EXPORT_SECONDS)}.cbor.zstd`), zstdCompressSync(sampleRecord()));
  const onLedger = async (...args: string[]): Promise<CallResult> => await call([...args, "--source", source, "--lake", lake], { env: ENV });
  const erase = ["archive", "erase", "--caller", "alice@example.com", "--reason", "request 17"];
  const callers = async (): Promise<unknown> => await query(`SELECT DISTINCT caller FROM read_parquet('${lake}/usage/*/*.parquet')`);
  expect((await onLedger("run")).code).toBe(0);

  const dry = await onLedger(...erase);
  expect(dry).toMatchObject({ code: 0, stderr: "" });
  expect(dry.stdout).toContain("--apply erases");
  expect(await callers()).toEqual([{ caller: "alice@example.com" }]);

  const { code, stdout } = await onLedger(...erase, "--apply", "--json");
  const { pseudonym, applied, exports } = JSON.parse(stdout) as ErasureReport;
  expect({ code, applied, copies: exports.map(({ copy }) => copy) }).toEqual({ code: 0, applied: true, copies: ["reduced"] });
  expect((await onLedger("run")).code).toBe(0);
  expect(await callers()).toEqual([{ caller: pseudonym }]);
});

test("archive erase refuses tags with exit code 2", async () => {
  const { code, stderr } = await call(["archive", "erase", "--caller", "tag:ci", "--reason", "none", "--source", `file://${temporaryFolder()}`, "--lake", temporaryFolder()], { env: ENV });
  expect(code).toBe(2);
  expect(stderr).toContain("only people can be erased");
});
