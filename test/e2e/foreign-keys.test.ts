import { zstdCompressSync } from "node:zlib";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { encode } from "cborg";
import { expect, test, vi } from "vitest";
import { runOnce } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { openSource } from "../../src/storage/open-store.ts";
import { keysOf } from "../keys-of.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";

/** Several exports of one name, and names that differ only in what a key of the lake may not have. */
const KEYS = ["a/1791500000", "a//1791500000", "/a/1791500000", "../1791500000", "a/../1791500000", "%2F/one", "one", "..", "b\\c", "b c", "b+c", "b%20c", "ü", "u\u0308", `${"long".repeat(150)}x`, `${"long".repeat(150)}y`, "ctl\u0001\n"];

test("every export of a source is in the ledger once, whatever its key", async () => {
  const { client, bucket, location, env } = await freshS3(SHARED_S3);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  for (const [index, key] of KEYS.entries()) {
    const record = { capture_id: `capture-${String(index)}`, timestamp: "2026-10-07T10:00:00Z", identity: { login_name: "ada@example.com" }, model: "anthropic/claude-opus-4-8", usage: { input_tokens: 1, output_tokens: 1 }, estimated_cost: { dollars: 1, cost_basis: "anthropic/claude-opus-4-8" }, status_code: 200 };
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `odd//${key}.cbor.zstd`, Body: zstdCompressSync(encode(record)) }));
  }
  const source = await openSource({ ...location, url: `s3://${bucket}/odd/` });
  const lake = new FsStore(temporaryFolder());
  const first = await runOnce(testLedger(source, lake));
  expect(first.exports).toMatchObject({ seen: KEYS.length, ingested: KEYS.length, skipped: 0, damaged: 0 });
  expect(first.totals).toMatchObject({ requests: KEYS.length, cost_usd: `${String(KEYS.length)}.000000000` });
  expect(await keysOf(lake, "_ledger/exports/")).toHaveLength(KEYS.length);
  const again = await runOnce(testLedger(source, lake));
  expect(again.exports).toMatchObject({ seen: KEYS.length, ingested: 0, skipped: KEYS.length });
});
