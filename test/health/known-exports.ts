import type { KnownExport } from "../../src/lake/ledger-state.ts";
import { NOTHING_READABLE } from "../../src/lake/landing/quarantined-money.ts";
import type { HealthSettings } from "../../src/health/conditions/health-settings.ts";

export const SETTINGS: HealthSettings = { notify: ["ops"], ignore: new Set(), silentMilliseconds: 7_200_000, exporterLimit: undefined, backlogExports: 3, noCapturePercent: 20, quotaDrift: 1_000_000_000n };

interface Told extends Partial<KnownExport> {
  /** ISO 8601; also of the newest record unless `newest` says otherwise. */
  time: string;
  newest?: string;
  /** First and last id of its records. */
  ids?: [first: number, last: number];
}

/** An ingested export of the gateway `prod` as a ledger knows it. */
export function known({ time, newest = time, ids = [1, 10], ...changes }: Told): KnownExport {
  const name = `ts-aperture-export-${String(Date.parse(time) / 1000)}.cbor.zstd`;
  const read = ids[1] - ids[0] + 1;
  return {
    manifest: { key: `_ledger/exports/prod/${name}.json`, etag: "e" },
    instance: "prod",
    name,
    stem: name,
    time: new Date(time).toISOString(),
    sources: [],
    archive: `archive/prod/${name}`,
    content: null,
    copy: "whole",
    quarantine: null,
    settings: "",
    erasures: [],
    records: { read, accepted: read, quarantined: 0 },
    versions: {},
    record_ids: { runs: [{ first: String(ids[0]), last: String(ids[1]), from: new Date(newest).toISOString(), to: new Date(newest).toISOString() }], merged: false },
    readable: NOTHING_READABLE,
    unknown_keys: [],
    damaged: false,
    landing_files: 0,
    landing: [],
    ...changes,
  };
}

/** One export an hour, from ten o'clock on 2026-10-05 on, each with a hundred ids that follow one another, changed where that is asked. */
export function hourly(count: number, change: (index: number) => Partial<Told> = () => ({})): KnownExport[] {
  return Array.from({ length: count }, (_, index) => known({ time: hour(index), ids: [index * 100 + 1, index * 100 + 90 + index], ...change(index) }));
}

/** That many hours after ten o'clock on 2026-10-05. */
export function hour(index: number): string {
  return new Date(Date.UTC(2026, 9, 5, 10) + index * 3_600_000).toISOString();
}
