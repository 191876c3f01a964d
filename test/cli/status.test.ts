import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import type { LedgerStatus } from "../../src/run/ledger-status.ts";
import { describeWithFixtures } from "../fixtures.ts";
import { addToSource, temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

describeWithFixtures("aperture-ledger status", ["hostile", "autumn"], (pathOf) => {
  const atTime = (): string => "ts-aperture-export-1791500000.cbor.zstd";

  async function statusOf(source: string, lake: string, ...more: string[]): Promise<LedgerStatus> {
    const { code, stdout } = await call(["status", "--source", source, "--lake", lake, "--json", ...more]);
    expect(code).toBe(0);
    return JSON.parse(stdout) as LedgerStatus;
  }

  test("shows what waits, then what is ingested, then what other settings would make stale", async () => {
    const source = temporaryFolder();
    const lake = temporaryFolder();
    await addToSource(source, [`${pathOf("hostile")}/multi-frame.cbor.zstd`], atTime);
    expect((await statusOf(source, lake)).exports).toEqual({ ingested: 0, waiting: 1, stale: 0, stale_because: {}, without_copy: [], altered_copies: [], copies_not_compared: 0 });

    await call(["run", "--source", source, "--lake", lake]);
    const ingested = await statusOf(source, lake);
    expect(ingested.exports).toEqual({ ingested: 1, waiting: 0, stale: 0, stale_because: {}, without_copy: [], altered_copies: [], copies_not_compared: 0 });
    expect(ingested.days).toEqual({ first: "2026-10-05", last: "2026-10-05", fresh: 1, stale: [] });
    expect(ingested.totals.requests).toBe(50);
    expect(ingested.completeness.gateways).toMatchObject([{ instance: "default", received: "50", missing: "0", gaps: [], unknown_exports: 0 }]);
    expect((await call(["status", "--source", source, "--lake", lake])).stdout).toMatch(/^complete +default ids \d+ to \d+: 50 received, 0 missing$/m);

    const other = await statusOf(source, lake, "--dimension", "repo=X-Github-Repository");
    expect(other.exports).toMatchObject({ stale: 1, stale_because: { settings_changed: 1 } });
  });

  test("names what is quarantined and what is damaged, in words and in JSON", async () => {
    for (const [name, key] of [["bad-cost", "quarantined"], ["truncated", "damaged"]] as const) {
      const source = temporaryFolder();
      const lake = temporaryFolder();
      await addToSource(source, [`${pathOf("hostile")}/${name}.cbor.zstd`], atTime);
      await call(["run", "--source", source, "--lake", lake]);
      expect((await statusOf(source, lake))[key]).toHaveLength(1);
      const { stdout } = await call(["status", "--source", source, "--lake", lake]);
      expect(stdout).toMatch(new RegExp(`^${key} +default ts-aperture-export-1791500000\\.cbor\\.zstd: `, "m"));
      expect(stdout).toMatch(/the totals lack damaged and quarantined data/);
    }
  });

  test("finds a table that was deleted, and the next run makes it again", async () => {
    const source = temporaryFolder();
    const lake = temporaryFolder();
    await addToSource(source, [`${pathOf("hostile")}/multi-frame.cbor.zstd`], atTime);
    await call(["run", "--source", source, "--lake", lake]);
    rmSync(`${lake}/usage/date=2026-10-05/default.parquet`);
    expect((await statusOf(source, lake)).days.stale).toEqual(["2026-10-05 default"]);
    rmSync(`${lake}/landing/date=2026-10-05/default--ts-aperture-export-1791500000.parquet`);
    expect((await statusOf(source, lake)).exports.stale_because).toEqual({ landing_missing: 1 });
    await call(["run", "--source", source, "--lake", lake]);
    const mended = await statusOf(source, lake);
    expect([mended.days.stale, mended.exports.stale, mended.totals.requests]).toEqual([[], 0, 50]);
  });
});
