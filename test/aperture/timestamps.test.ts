import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Tagged } from "../../src/aperture/reader/cbor/cbor-value.ts";
import { microsOfTimestamp } from "../../src/aperture/reader/timestamp.ts";
import { runs } from "../property/runs.ts";

interface Written {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Digits behind the point; "" is no point. */
  fraction: string;
  zone: { sign: "+" | "-"; hours: number; minutes: number } | "Z" | "z";
  separator: "T" | "t";
}

const pad = (value: number, length = 2): string => String(value).padStart(length, "0");

function write({ year, month, day, hour, minute, second, fraction, zone, separator }: Written): string {
  const offset = typeof zone === "string" ? zone : `${zone.sign}${pad(zone.hours)}:${pad(zone.minutes)}`;
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}${separator}${pad(hour)}:${pad(minute)}:${pad(second)}${fraction === "" ? "" : `.${fraction}`}${offset}`;
}

function daysOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** By the calendar alone; undefined for what no calendar or clock shows. */
function expectedMicros({ year, month, day, hour, minute, second, fraction, zone }: Written): number | undefined {
  if (year < 100 || day < 1 || day > daysOfMonth(year, month) || hour > 23 || minute > 59 || second > 60) return undefined;
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day) / 1000;
  if (typeof zone !== "string" && (zone.hours > 23 || zone.minutes > 59)) return undefined;
  const offset = typeof zone === "string" ? 0 : (zone.hours * 60 + zone.minutes) * (zone.sign === "-" ? -1 : 1);
  return (midnight + hour * 3600 + (minute - offset) * 60 + second) * 1e6 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

/** Each number is as often at a border, or one beyond it, as anywhere between. */
const near = (most: number): fc.Arbitrary<number> => fc.oneof(fc.integer({ min: 0, max: most }), fc.constantFrom(0, 1, most, most + 1));
const year = fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(0, 1, 26, 70, 99, 100, 101, 1600, 1900, 1969, 1970, 2000, 2024, 2026, 2100));
const zone = fc.oneof(fc.constantFrom("Z" as const, "z" as const), fc.record({ sign: fc.constantFrom("+" as const, "-" as const), hours: near(23), minutes: near(59) }));
const written: fc.Arbitrary<Written> = fc.record({
  year,
  month: near(12),
  day: fc.oneof(near(31), fc.integer({ min: 27, max: 32 })),
  hour: near(23),
  minute: near(59),
  second: near(60),
  fraction: fc.stringMatching(/^[0-9]{0,9}$/),
  zone,
  separator: fc.constantFrom("T" as const, "t" as const),
});
/** Written without a mistake, so that what is done to it afterwards is the only one. */
const valid = written.filter((one) => expectedMicros(one) !== undefined);

describe("a timestamp in RFC 3339", () => {
  test("is the microsecond that calendar, clock and zone say, or none", () => {
    fc.assert(
      fc.property(written, (one) => {
        expect(microsOfTimestamp(write(one))).toBe(expectedMicros(one));
      }),
      runs(3000),
    );
  });

  test.each([
    ["0026-10-05T12:00:00Z", undefined],
    ["0099-12-31T23:59:59Z", undefined],
    ["0100-01-01T00:00:00Z", Date.UTC(100, 0, 1) * 1000],
    ["1926-10-05T12:00:00Z", Date.UTC(1926, 9, 5, 12) * 1000],
  ])("of %s does not slip into another century", (text, micros) => {
    expect(microsOfTimestamp(text)).toBe(micros);
  });

  test("has one form: no character is left out, added or another", () => {
    fc.assert(
      fc.property(valid, fc.nat(), fc.constantFrom("0", "9", "/", ":", ";", "-", "+", " ", "T", "Z", ".", "a"), (one, place, other) => {
        const text = write(one);
        const at = place % text.length;
        const forms = [text.slice(0, at) + text.slice(at + 1), text.slice(0, at) + other + text.slice(at), text.slice(0, at) + other + text.slice(at + 1)];
        const malformed = forms.filter((form) => !/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(form));
        expect(malformed.filter((form) => microsOfTimestamp(form) !== undefined)).toEqual([]);
      }),
      runs(2000),
    );
  });

  test("of the day before is that of its own day: which one was read last does not matter", () => {
    fc.assert(
      fc.property(valid, valid, (first, second) => {
        microsOfTimestamp(write(first));
        expect(microsOfTimestamp(write(second))).toBe(expectedMicros(second));
        expect(microsOfTimestamp(write(first))).toBe(expectedMicros(first));
      }),
      runs(300),
    );
  });
});

describe("a timestamp in seconds", () => {
  test("is that many microseconds, to the nearest", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 33 }), fc.integer({ min: 0, max: 999_999 }), (seconds, micros) => {
        expect(microsOfTimestamp(seconds)).toBe(seconds * 1e6);
        expect(microsOfTimestamp(new Tagged(1, seconds))).toBe(seconds * 1e6);
        expect(microsOfTimestamp(seconds + micros / 1e6)).toBe(Math.round((seconds + micros / 1e6) * 1e6));
      }),
      runs(500),
    );
  });

  test.each([
    ["infinity", Infinity],
    ["not a number", NaN],
    ["true", true],
    ["nothing", null],
    ["seconds with the tag of a text", new Tagged(0, 5)],
    ["a text with the tag of seconds", new Tagged(1, "2026-10-05T12:00:00Z")],
    ["another tag", new Tagged(2, 5)],
    ["a tag within a tag", new Tagged(1, new Tagged(1, 5))],
  ])("is none where it is %s", (_, value) => {
    expect(microsOfTimestamp(value)).toBeUndefined();
  });
});
