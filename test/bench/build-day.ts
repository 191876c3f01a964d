import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { buildDay } from "../../src/lake/days/build-day.ts";
import { NOTHING_READABLE } from "../../src/lake/landing/quarantined-money.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import type { DayInput } from "../../src/lake/days/day-manifest.ts";
import { LANDING } from "../../src/lake/layout.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { withWorkspace } from "../../src/storage/workspace.ts";
import { DATE, INSTANCE } from "./day-landing.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface DayBuild {
  /** Fetching, building and publishing, the database's start included. */
  seconds: number;
  residentMiB: number;
  /** Distinct requests. */
  rows: number;
}

/** `build-day.ts LAKE`: builds the day that `day-landing.ts` landed, in a copy of its lake, and prints a `DayBuild`. */
const [, , landed = ""] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-lake-"));
try {
  cpSync(landed, folder, { recursive: true });
  const lake = new FsStore(folder);
  const inputs: DayInput[] = [];
  for await (const { key, etag, size } of lake.list(LANDING)) {
    const landing = { key, etag, size, sha256: await sha256OfFile(join(folder, key)), rows: 0, altered: [] };
    inputs.push({ export: summaryOf(key), landing });
  }
  const start = performance.now();
  const manifest = await withWorkspace((workspace) =>
    withDuckDb({ temporaryDirectory: workspace }, (duck) =>
      buildDay({ date: DATE, instance: INSTANCE, inputs, built: undefined }, { store: lake, duck, workspace, pricingOf: withoutPrices }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  const build: DayBuild = { seconds, residentMiB: mostResidentMiB(), rows: manifest?.usage.rows ?? 0 };
  process.stdout.write(JSON.stringify(build));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What a day's manifest says of an export; building does not look at it. */
function summaryOf(key: string): DayInput["export"] {
  return {
    manifest: { key, etag: "" }, name: key, stem: key, time: `${DATE}T00:00:00Z`, sources: [], archive: key, content: null, copy: "whole", quarantine: null,
    settings: "", erasures: [], records: { read: 0, accepted: 0, quarantined: 0 }, versions: {}, record_ids: null, readable: NOTHING_READABLE, unknown_keys: [], damaged: false, landing_files: 1,
  };
}
