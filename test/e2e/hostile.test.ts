import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { exportManifest } from "../../src/lake/landing/export-manifest.ts";
import { readJson } from "../../src/lake/json-object.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { query } from "../query.ts";
import type { QuarantineLine } from "../quarantine-line.ts";
import { sourceOf, temporaryFolder, testLedger } from "../test-ledger.ts";

interface Expected {
  valid: number;
  quarantined: number;
  damaged: boolean;
}

const hostile = (name: string): string => join(fixture("hostile") ?? "", `${name}.cbor.zstd`);
const atTime = (): string => "ts-aperture-export-1791500000.cbor.zstd";

describeWithFixtures("a hostile export", () => {
  test.each(Object.entries(JSON.parse(readFileSync(join(fixture("hostile") ?? "", "expected.json"), "utf8")) as Record<string, Expected>))(
    "%s is ingested as far as it can be, and says so",
    async (name, { valid, quarantined, damaged }) => {
      const folder = temporaryFolder();
      const lake = new FsStore(folder);
      const source = await sourceOf([hostile(name)], atTime);
      const { records, exports, totals } = await runOnce(testLedger(source, lake));
      expect(records).toMatchObject({ read: valid + quarantined, accepted: valid, quarantined });
      expect(exports.damaged).toBe(damaged ? 1 : 0);
      expect(totals.requests + records.duplicates).toBe(valid);

      const manifest = await readJson(lake, "_ledger/exports/prod/ts-aperture-export-1791500000.json", exportManifest);
      expect(manifest.records).toEqual({ read: valid + quarantined, accepted: valid, quarantined });
      expect(manifest.damage !== null).toBe(damaged);
      const status = await readLedgerStatus(testLedger(source, lake));
      expect(status.damaged).toHaveLength(damaged ? 1 : 0);
      expect(status.quarantined).toHaveLength(quarantined > 0 ? 1 : 0);
    },
  );

  test("keeps logins that attack spreadsheets, paths and pages as they are", async () => {
    const folder = temporaryFolder();
    await runOnce(testLedger(await sourceOf([hostile("odd-logins")], atTime), new FsStore(folder)));
    const rows = await query(`SELECT caller FROM read_parquet('${folder}/usage/*/*.parquet') ORDER BY record_id`);
    expect(rows.map(({ caller }) => caller)).toEqual([
      '=hyperlink("http://x","y")',
      "../../../etc/passwd",
      'a\nb,"c"',
      "<script>alert(1)</script>",
      "日本語-🦊@example.com",
      expect.stringMatching(/^x{900,}/) as string,
      "@sum(1+1)",
      "-2+3",
      "user\0nul",
    ]);
  });

  test("keeps ids beyond 2^53 exact and distinct", async () => {
    const folder = temporaryFolder();
    await runOnce(testLedger(await sourceOf([hostile("big-ids")], atTime), new FsStore(folder)));
    const rows = await query(`SELECT record_id FROM read_parquet('${folder}/usage/*/*.parquet') ORDER BY 1`);
    expect(rows.map(({ record_id }) => record_id)).toEqual(["9007199254740993", "9007199254740994", "9007199254740995"]);
  });

  test("names one caller in four forms, one model in three spellings", async () => {
    const folder = temporaryFolder();
    const source = await sourceOf([hostile("tag-forms"), hostile("model-forms")], (file) => `${basename(file, ".cbor.zstd")}-1791500000.cbor.zstd`);
    await runOnce(testLedger(source, new FsStore(folder)));
    const usage = `read_parquet('${folder}/usage/*/*.parquet')`;
    expect(await query(`SELECT DISTINCT caller, tags FROM ${usage} WHERE caller_type = 'tag'`)).toEqual([
      { caller: "tag:api,tag:prod", tags: ["tag:api", "tag:prod"] },
    ]);
    expect(await query(`SELECT provider, model, model_recorded FROM ${usage} WHERE caller_type = 'user' ORDER BY record_id`)).toEqual([
      { provider: "openrouter", model: "claude-sonnet-4.5", model_recorded: "openrouter/anthropic/claude-sonnet-4.5" },
      { provider: "bedrock", model: "claude-sonnet-4-5", model_recorded: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" },
      { provider: "anthropic", model: "claude-sonnet-4-5", model_recorded: "claude-sonnet-4-5@20250929" },
      { provider: "anthropic", model: "unknown", model_recorded: "" },
    ]);
  });
});

describeWithFixtures("a quarantined record", () => {
  test("keeps its bytes, its place and its reason", async () => {
    const lake = new FsStore(temporaryFolder());
    await runOnce(testLedger(await sourceOf([hostile("bad-tokens")], atTime), lake));
    const text = Buffer.from(await lake.read("quarantine/prod/ts-aperture-export-1791500000.ndjson")).toString();
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line) as QuarantineLine);
    const content = zstdDecompressSync(await readFile(hostile("bad-tokens")));
    expect(lines.map(({ position, reason, field }) => [position, reason, field])).toEqual([
      [10, "token_count_invalid", "usage.input_tokens"],
      [11, "token_count_invalid", "usage.input_tokens"],
      [12, "token_count_invalid", "usage.input_tokens"],
      [13, "token_count_invalid", "usage.input_tokens"],
      [14, "wrong_type", "usage"],
    ]);
    for (const { offset, length, cbor_zstd, sha256 } of lines) {
      const bytes = zstdDecompressSync(Buffer.from(cbor_zstd, "base64"));
      expect(bytes.equals(content.subarray(offset, offset + length))).toBe(true);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    }
  });

  test("is ingested again, from the archive alone, once the code knows better", async () => {
    const lake = new FsStore(temporaryFolder());
    const source = await sourceOf([hostile("tag-forms")], atTime);
    await runOnce(testLedger(source, lake));
    await pretendOlderVersionRefused(lake);
    await source.remove(atTime());

    const before = await readLedgerStatus(testLedger(source, lake));
    expect(before.records).toMatchObject({ accepted: 0, quarantined: 4 });
    expect(before.exports.stale_because).toEqual({ settings_changed: 1 });

    const { records, totals } = await runOnce(testLedger(source, lake));
    expect(records).toMatchObject({ read: 4, accepted: 4, quarantined: 0 });
    expect(totals.requests).toBe(4);
    expect(await lake.head(QUARANTINE)).toBeUndefined();
  });
});

const QUARANTINE = "quarantine/prod/ts-aperture-export-1791500000.ndjson";

/** Leaves the lake as a version of the reader would have that took the export's four records for damaged goods. */
async function pretendOlderVersionRefused(lake: FsStore): Promise<void> {
  const key = "_ledger/exports/prod/ts-aperture-export-1791500000.json";
  const manifest = await readJson(lake, key, exportManifest);
  for (const { key: landing } of manifest.landing) await lake.remove(landing);
  const { etag, size } = await lake.replace(QUARANTINE, Buffer.from("{}\n"));
  const quarantine = { key: QUARANTINE, etag, size, sha256: "", reasons: { wrong_type: 4 } };
  const records = { read: 4, accepted: 0, quarantined: 4 };
  const refused = { ...manifest, settings: "an older version", records, landing: [], quarantine };
  await lake.replace(key, Buffer.from(JSON.stringify(refused)));
}
