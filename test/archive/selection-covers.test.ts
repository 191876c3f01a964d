import fc from "fast-check";
import { expect, test } from "vitest";
import type { Selection } from "../../src/archive/chain/event.ts";
import { coversWholeGateway, mayCoverUnread, selectionCovers, type SelectableRecord } from "../../src/archive/retention/selection-covers.ts";

const names = fc.constantFrom("a", "b", "c");
const MOMENTS = ["2026-10-01T00:00:00.000Z", "2026-10-02T00:00:00.000Z", "2026-10-03T00:00:00.000Z"];
const moments = fc.constantFrom(...MOMENTS);
const perhaps = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(value, { nil: null });
const selections: fc.Arbitrary<Selection> = fc.record({ instance: perhaps(names), caller: perhaps(names), session: perhaps(names), from: perhaps(moments), to: perhaps(moments) });
const records: fc.Arbitrary<SelectableRecord> = fc.record({
  instance: names, caller: names, session: perhaps(names),
  ts: fc.tuple(moments, fc.constantFrom(-1, 0, 1)).map(([moment, micros]) => Date.parse(moment) * 1000 + micros),
});
const ALL: Selection = { instance: null, caller: null, session: null, from: null, to: null };

test("what says nothing means everything", () => {
  fc.assert(fc.property(records, (record) => selectionCovers(ALL, record)));
  expect(coversWholeGateway(ALL)).toBe(true);
});

test("each thing that is said leaves less, and all of them leave what each leaves", () => {
  fc.assert(
    fc.property(selections, records, (selection, record) => {
      const parts = Object.entries(selection).map(([name, value]) => selectionCovers({ ...ALL, [name]: value }, record));
      expect(selectionCovers(selection, record)).toBe(parts.every(Boolean));
    }),
  );
});

test("a time begins with its first moment and ends before its last", () => {
  fc.assert(
    fc.property(moments, moments, records, (from, to, record) => {
      expect(selectionCovers({ ...ALL, from, to }, record)).toBe(record.ts >= Date.parse(from) * 1000 && record.ts < Date.parse(to) * 1000);
    }),
  );
});

test("what could be read and fits was never ruled out unread", () => {
  fc.assert(
    fc.property(selections, records, fc.integer({ min: -86_400, max: 1_000_000 }), (selection, record, secondsLater) => {
      fc.pre(selectionCovers(selection, record));
      // No record is more than a day younger than its export.
      const made = new Date(Math.ceil(record.ts / 1000) + secondsLater * 1000);
      expect(mayCoverUnread(selection, { instance: record.instance, made })).toBe(true);
    }),
  );
});
