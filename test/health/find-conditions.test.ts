import { describe, expect, test } from "vitest";
import { adviceOf, describeProblem } from "../../src/health/conditions/health-words.ts";
import type { HealthSettings } from "../../src/health/conditions/health-settings.ts";
import { findConditions, type HealthView } from "../../src/health/finding/find-conditions.ts";
import type { KnownExport } from "../../src/lake/ledger-state.ts";
import { hour, hourly, known, SETTINGS } from "./known-exports.ts";

interface Looked {
  exports: readonly KnownExport[];
  at: string;
  waiting?: HealthView["waiting"];
  gateways?: string[];
  settings?: Partial<HealthSettings>;
}

function find({ exports, at, waiting = [], gateways = ["prod"], settings = {} }: Looked) {
  return findConditions({ gateways, exports, waiting }, { ...SETTINGS, ...settings }, new Date(at));
}

function told(looked: Looked): string[] {
  return find(looked).map((one) => `${one.kind} ${one.subject} since ${one.since.toISOString().slice(0, 16)}: ${describeProblem(one, one.members)}`);
}

/** Ids that follow one another without a gap, fewer each time. */
const plain = (count: number) => hourly(count, (index) => ({ ids: [index * 10 + 1, index * 10 + 10] }));

describe("exports_silent", () => {
  test("is said once twice the usual interval and two hours are over, since the newest export", () => {
    expect(told({ exports: plain(5), at: hour(6) })).toEqual([]);
    expect(told({ exports: plain(5), at: "2026-10-05T16:01:00Z" })).toEqual(["exports_silent prod since 2026-10-05T14:00: no exports arrive: none for 2 hours, usually one every 60 minutes"]);
  });

  test("waits for twice the interval of a gateway that exports every six hours, and longer where the configuration says so", () => {
    const exports = Array.from({ length: 4 }, (_, index) => known({ time: hour(index * 6), ids: [index * 10 + 1, index * 10 + 10] }));
    expect(told({ exports, at: hour(18 + 12) })).toEqual([]);
    expect(told({ exports, at: hour(18 + 13) })).toHaveLength(1);
    expect(told({ exports, at: hour(18 + 13), settings: { silentMilliseconds: 14 * 3_600_000 } })).toEqual([]);
  });

  test("is not said of an export that is at the source and not ingested, of a gateway that is no source, and before a first export", () => {
    const waiting = [{ instance: "prod", name: "ts-aperture-export-1.cbor.zstd", time: new Date(hour(20)) }];
    expect(told({ exports: plain(5), at: hour(21), waiting })).toEqual([]);
    expect(told({ exports: plain(5), at: hour(21), waiting: [{ ...waiting[0]!, instance: "lab" }] })).toHaveLength(1);
    expect(told({ exports: plain(5), at: hour(21), gateways: ["lab"] })).toEqual([]);
  });
});

describe("gap_open", () => {
  const exports = [known({ time: hour(0), ids: [1, 10] }), known({ time: hour(1), ids: [14, 20] }), known({ time: hour(2), ids: [22, 30] })];

  test("names the ids, once later exports have had two hours to bring them", () => {
    expect(told({ exports, at: "2026-10-05T12:59:59Z" })).toEqual([]);
    expect(told({ exports, at: hour(3) })).toEqual(["gap_open prod since 2026-10-05T10:00: 1 gap in the record ids is open: 11 to 13"]);
    expect(told({ exports, at: hour(4) })).toEqual(["gap_open prod since 2026-10-05T10:00: 2 gaps in the record ids are open: 11 to 13, 21"]);
    expect(find({ exports, at: hour(4) })[0]?.figures).toEqual({ gaps: 2, missing: "4" });
  });

  test("is over when the records arrive", () => {
    expect(told({ exports: [...exports, known({ time: hour(3), newest: hour(0.5), ids: [11, 13] }), known({ time: hour(4), newest: hour(1.5), ids: [21, 21] })], at: hour(5) })).toEqual([]);
  });
});

describe("damaged, quarantined and new_field", () => {
  test("name exports and fields, and what could be read of the money", () => {
    const exports = [
      known({ time: hour(0), ids: [1, 10], damaged: true }),
      known({ time: hour(1), ids: [11, 20], records: { read: 10, accepted: 8, quarantined: 2 }, readable: { records: 1, cost_usd: "1.500000000", callers: [], more_callers: false }, unknown_keys: [{ key: "usage.audio_tokens", records: 3 }] }),
      known({ time: hour(2), ids: [21, 30], unknown_keys: [{ key: "usage.audio_tokens", records: 4 }, { key: "region", records: 1 }] }),
    ];
    expect(told({ exports, at: hour(3) })).toEqual([
      "damaged prod since 2026-10-05T10:00: 1 export is damaged: ts-aperture-export-1791194400.cbor.zstd",
      "quarantined prod since 2026-10-05T11:00: 1 export has records that were turned away: ts-aperture-export-1791198000.cbor.zstd",
      "new_field prod since 2026-10-05T11:00: 2 fields of the records are new to this version: region, usage.audio_tokens",
    ]);
    const [, quarantined, fields] = find({ exports, at: hour(3) });
    expect(quarantined?.figures).toEqual({ exports: 1, records: 2, cost_usd: "1.500000000" });
    expect(fields?.facts).toEqual(["region: in 1 records, first in ts-aperture-export-1791201600.cbor.zstd", "usage.audio_tokens: in 7 records, first in ts-aperture-export-1791198000.cbor.zstd"]);
  });

  test("are not said of an export that another one of its name replaced", () => {
    const exports = [known({ time: hour(0), stem: "a", damaged: true }), known({ time: hour(0), stem: "a~~1" })];
    expect(told({ exports, at: hour(1) })).toEqual([]);
  });
});

describe("backlog", () => {
  const sized = (...sizes: number[]) => sizes.map((size, index) => known({ time: hour(index), ids: [1 + 20_000 * index, 20_000 * index + size], records: { read: size, accepted: size, quarantined: 0 } }));
  const backlog = (exports: readonly KnownExport[], settings: Partial<HealthSettings> = {}) =>
    find({ exports, at: exports.at(-1)!.time, settings }).filter(({ kind }) => kind === "backlog").map((one) => `${one.since.toISOString().slice(11, 16)} ${one.facts[0] ?? ""}; ${adviceOf(one)}`);

  test("of full exports says to raise `limit`, and where that is at its end to shorten `every`", () => {
    expect(backlog(sized(400, 1000, 1000, 1000))).toEqual(["11:00 the last 3 exports are full, with 1000 records; raise `limit` in the gateway's exporter settings above 1000 (at most 10000), until exports are smaller than it"]);
    expect(backlog(sized(10_000, 10_000, 10_000))).toEqual(["10:00 the last 3 exports are full, with 10000 records; shorten `every` in the gateway's exporter settings: `limit` cannot be above 10000"]);
  });

  test.each<[string, number[], Partial<HealthSettings>]>([
    ["two exports in a row", [1000, 1000], {}],
    ["a smaller export at the end", [1000, 1000, 1000, 999], {}],
    ["small exports that happen to be alike", [99, 99, 99], {}],
    ["exports below the limit that is configured", [500, 500, 500], { exporterLimit: 1000 }],
    ["fewer than it is configured to take", [1000, 1000, 1000], { backlogExports: 4 }],
  ])("is not said of %s", (_, sizes, settings) => {
    expect(backlog(sized(...sizes), settings)).toEqual([]);
  });

  test("knows exports above a configured limit as full, whatever their sizes", () => {
    expect(backlog(sized(1000, 1001, 1200), { exporterLimit: 1000 })).toHaveLength(1);
  });

  test("of exports whose newest record is older each time says to shorten `every`", () => {
    // Three, four, five and six hours old; each existed when the export before was made.
    const older = (ages: number[]) => ages.map((age, index) => known({ time: hour(index), newest: hour(index - age), ids: [index * 10 + 1, index * 10 + 10] }));
    expect(backlog(older([3, 4, 5, 6]))).toEqual(["11:00 the newest record of an export is older each time, for 3 exports: 6 hours now; shorten `every` in the gateway's exporter settings: exports are not full, so a higher `limit` would not help"]);
    expect(backlog(older([3, 4, 5, 5]))).toEqual([]);
    expect(backlog(older([0, 0.5, 1, 1.5, 1.9]))).toEqual([]);
  });
});
