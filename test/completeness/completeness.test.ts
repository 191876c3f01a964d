import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findCompleteness, type GatewayCompleteness, type ReadExport } from "../../src/completeness/gateway-completeness.ts";
import { RecordIdsWriter } from "../../src/completeness/record-ids.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 8, 1);

interface Numbered {
  id: bigint;
  /** Milliseconds since 1970. */
  time: number;
}

function idsOf(records: readonly { id: bigint; time: number | null }[]): ReadExport["ids"] {
  const writer = new RecordIdsWriter();
  for (const { id, time } of records) writer.add(id, time === null ? null : time * 1000);
  return writer.finish();
}

function exportOf(name: string, time: number, records: readonly Numbered[]): ReadExport {
  return { name, time: new Date(time).toISOString(), ids: idsOf(records) };
}

function range(first: number, last: number, at: (id: number) => number): Numbered[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ id: BigInt(first + index), time: at(first + index) }));
}

/** Every missing id that gaps list, in order. */
function missingOf({ gaps }: GatewayCompleteness): bigint[] {
  return gaps.flatMap(({ first_missing: first, last_missing: last }) => {
    if (first === null || last === null) return [];
    return Array.from({ length: Number(BigInt(last) - BigInt(first) + 1n) }, (_, index) => BigInt(first) + BigInt(index));
  });
}

/** Seconds from one request to the next, whether each arrives, and hours that it is late. */
const requests = fc.array(fc.record({ pause: fc.integer({ min: 1, max: 3000 }), arrives: fc.boolean(), late: fc.constantFrom(0, 0, 0, 30), again: fc.constantFrom(false, false, true) }), { minLength: 2, maxLength: 60 });
const epochs = fc.array(fc.record({ requests, first: fc.constantFrom(0n, 1n, 1n) }), { minLength: 1, maxLength: 4 });

interface Stream {
  /** What each export brings, by its time. */
  exports: Map<number, Numbered[]>;
  /** Ids between the lowest and the highest of its epoch that none brings, epoch by epoch. */
  missing: bigint[];
  received: number;
}

/** A gateway that is installed anew a day after each epoch; the first and the last request of an epoch always arrive. */
function invent(planned: readonly { requests: readonly { pause: number; arrives: boolean; late: number; again: boolean }[]; first: bigint }[]): Stream {
  const exports = new Map<number, Numbered[]>();
  const missing: bigint[] = [];
  let received = 0;
  let time = START;
  const bring = (at: number, record: Numbered): void => void exports.set(at, [...(exports.get(at) ?? []), record]);
  for (const { requests: planning, first } of planned) {
    time += 24 * HOUR;
    for (const [index, { pause, arrives, late, again }] of planning.entries()) {
      time += pause * 1000;
      const record = { id: first + BigInt(index), time };
      const due = (Math.floor(time / HOUR) + 1 + late) * HOUR;
      if (!arrives && index > 0 && index < planning.length - 1) {
        missing.push(record.id);
        continue;
      }
      received++;
      bring(due, record);
      if (again) bring(due + 5 * HOUR, record);
    }
  }
  return { exports, missing, received };
}

describe("ids that no export brought", () => {
  test("are reported, and no others, whatever is lost, late, repeated or out of order, across restarts", () => {
    fc.assert(
      fc.property(epochs, fc.infiniteStream(fc.nat()), (planned, chance) => {
        const { exports, missing, received } = invent(planned);
        const shuffled = <Item>(items: readonly Item[]): Item[] =>
          items.map((item) => ({ item, rank: chance.next().value })).toSorted((a, b) => a.rank - b.rank).map(({ item }) => item);
        const read = shuffled([...exports]).map(([time, records]) => exportOf(`at-${String(time)}`, time, shuffled(records)));
        const found = findCompleteness("prod", read);
        expect(missingOf(found)).toEqual(missing);
        expect(found).toMatchObject({ missing: String(missing.length), received: String(received), restarts: planned.length - 1, unknown_exports: 0, coarse_exports: 0 });
      }),
      { numRuns: 300 },
    );
  });

  test("do not seem to begin again where requests overlap: the number comes with a request's end, its time with its beginning", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ pause: fc.nat(60), length: fc.nat(3500) }), { minLength: 2, maxLength: 80 }), (planned) => {
        let now = START;
        const ended = planned.map(({ pause, length }) => ({ time: (now += pause * 1000), end: now + length * 1000 })).toSorted((a, b) => a.end - b.end);
        const numbered = ended.map(({ time, end }, index) => ({ id: BigInt(index + 1), time, end }));
        const lost = numbered.filter(({ id }) => id % 3n !== 0n || id === BigInt(numbered.length));
        const exports = [...Map.groupBy(lost, ({ end }) => (Math.floor(end / HOUR) + 1) * HOUR)];
        const found = findCompleteness("prod", exports.map(([time, records]) => exportOf(String(time), time, records)));
        expect(found.restarts).toBe(0);
        expect(found.missing).toBe(String(numbered.length - lost.length));
      }),
    );
  });

  test("may exceed 2^53", () => {
    const high = 2n ** 62n;
    const found = findCompleteness("prod", [exportOf("a", START, [{ id: high, time: START }]), exportOf("b", START + HOUR, [{ id: high + 2n, time: START + 60_000 }])]);
    expect(found).toMatchObject({ first_id: String(high), last_id: String(high + 2n), received: "2", missing: "1", gaps: [{ first_missing: String(high + 1n), last_missing: String(high + 1n) }] });
  });

  test("are named with what came before and after them", () => {
    const found = findCompleteness("prod", [
      exportOf("one", START + HOUR, range(1, 5, (id) => START + id * 1000)),
      exportOf("two", START + 2 * HOUR, range(9, 12, (id) => START + HOUR + id * 1000)),
    ]);
    expect(found.gaps).toEqual([
      {
        state: "open",
        reason: null,
        missing: "3",
        first_missing: "6",
        last_missing: "8",
        after: { id: "5", time: "2026-09-01T00:00:05.000Z", export: "one" },
        before: { id: "9", time: "2026-09-01T01:00:09.000Z", export: "two" },
      },
    ]);
  });

  test("of records without a readable time count as received", () => {
    const broken = { name: "b", time: new Date(START + 2 * HOUR).toISOString(), ids: idsOf([{ id: 3n, time: null }, { id: 4n, time: null }]) };
    const found = findCompleteness("prod", [exportOf("a", START + HOUR, range(1, 2, () => START)), broken, exportOf("c", START + 3 * HOUR, range(6, 7, () => START + 2 * HOUR))]);
    expect(found).toMatchObject({ received: "6", missing: "1", restarts: 0 });
  });

  test("are not known of exports that were read before ids were noted", () => {
    const found = findCompleteness("prod", [{ name: "old", time: new Date(START).toISOString(), ids: null }]);
    expect(found).toMatchObject({ first_id: null, last_id: null, received: "0", missing: "0", unknown_exports: 1 });
  });

  test("are noted in bounded space, which says so where it does not suffice", () => {
    const everyOther = idsOf(Array.from({ length: 100_000 }, (_, index) => ({ id: BigInt(index * 2), time: START + index })));
    expect(everyOther?.merged).toBe(true);
    expect(everyOther?.runs).toHaveLength(200);
    const found = findCompleteness("prod", [{ name: "a", time: new Date(START).toISOString(), ids: everyOther }]);
    expect(found).toMatchObject({ first_id: "0", last_id: "199998", coarse_exports: 1 });
  });
});

describe("silences of an exporter", () => {
  const hourly = (hours: readonly number[], lost: readonly number[] = []): ReadExport[] => {
    let id = 0;
    let before = 0;
    return hours.map((hour) => {
      const records: Numbered[] = [];
      for (let at = before; at < hour; at++) {
        for (let i = 1; i <= 10; i++) {
          id++;
          if (!lost.includes(at)) records.push({ id: BigInt(id), time: START + at * HOUR + i * 300_000 });
        }
      }
      before = hour;
      return exportOf(`hour-${String(hour)}`, START + hour * HOUR, records);
    });
  };

  test("across which ids go on are quiet: nothing was lost", () => {
    const found = findCompleteness("prod", hourly([1, 2, 3, 4, 9, 10, 11]));
    expect(found.gaps).toEqual([]);
    expect(found.silences).toEqual([{ from: "2026-09-01T04:00:00.000Z", to: "2026-09-01T09:00:00.000Z", reason: "quiet", after: "hour-4", before: "hour-9" }]);
  });

  test("explain ids that are missing across them, and no others", () => {
    const found = findCompleteness("prod", hourly([1, 2, 3, 4, 9, 10, 11, 12], [4, 5, 6, 10]));
    expect(found.gaps).toMatchObject([
      { state: "explained", reason: "exporter_silent", missing: "30", first_missing: "41", last_missing: "70" },
      { state: "open", reason: null, missing: "10", first_missing: "101" },
    ]);
    expect(found.silences).toMatchObject([{ reason: "ids_missing" }]);
  });

  test("are over twice the usual interval, and over two hours", () => {
    expect(findCompleteness("prod", hourly([1, 2, 3, 5, 6, 7])).silences).toEqual([]);
    const often = Array.from({ length: 20 }, (_, index) => exportOf(String(index), START + index * 60_000 + (index > 10 ? HOUR : 0), []));
    expect(findCompleteness("prod", often).silences).toEqual([]);
    expect(findCompleteness("prod", hourly([6, 12, 18, 30, 36])).silences).toEqual([]);
    expect(findCompleteness("prod", hourly([6, 12, 18, 31, 37])).silences).toHaveLength(1);
  });

  test("and restarts are told apart: a restart is no gap and explains itself", () => {
    const again = findCompleteness("prod", [...hourly([1, 2, 3]), exportOf("new", START + 30 * HOUR, range(1, 4, (id) => START + 29 * HOUR + id * 1000))]);
    expect(again).toMatchObject({ restarts: 1, missing: "0", first_id: "1", last_id: "4", received: "34" });
    expect(again.gaps).toMatchObject([{ state: "explained", reason: "restart", missing: "0", after: { id: "30" }, before: { id: "1", export: "new" } }]);
  });

  test("across which ids began again say nothing of what was lost: what the old installation gave last may not have come", () => {
    const anew = range(1, 10, (id) => START + 8 * HOUR + id * 300_000);
    const found = findCompleteness("prod", [...hourly([1, 2, 3, 4]), exportOf("hour-9", START + 9 * HOUR, anew), exportOf("hour-10", START + 10 * HOUR, range(11, 20, (id) => START + 9 * HOUR + (id - 10) * 300_000))]);
    expect(found).toMatchObject({ restarts: 1, silences: [{ after: "hour-4", before: "hour-9", reason: null }] });
  });
});

describe("ids that were given again", () => {
  const AT_TEN = START + 10 * HOUR;
  const minutes = (first: number, last: number, from: number): Numbered[] => range(first, last, (id) => AT_TEN + from * 60_000 + (id - first) * 60_000);

  test.each([
    ["in one export", (all: Numbered[]) => [exportOf("one", AT_TEN + HOUR, all)]],
    ["in one export, in any order", (all: Numbered[]) => [exportOf("one", AT_TEN + HOUR, all.toReversed())]],
    ["in two exports", (all: Numbered[]) => [exportOf("one", AT_TEN + HOUR / 4, all.slice(0, 3)), exportOf("two", AT_TEN + HOUR, all.slice(3))]],
    ["in two exports that repeat each other", (all: Numbered[]) => [exportOf("one", AT_TEN + HOUR / 4, all.slice(0, 4)), exportOf("two", AT_TEN + HOUR, all)]],
  ])("within the hour that a request may take are received each time, %s", (_, bring) => {
    const found = findCompleteness("prod", bring([...minutes(1, 3, 0), ...minutes(1, 3, 30)]));
    expect(found).toMatchObject({ received: "6", missing: "0", restarts: 1, first_id: "1", last_id: "3" });
    expect(found.gaps).toMatchObject([{ reason: "restart", missing: "0", after: { id: "3", time: "2026-09-01T10:02:00.000Z" }, before: { id: "1", time: "2026-09-01T10:30:00.000Z" } }]);
  });

  test("do not hide what was lost before or after", () => {
    const lost = (all: Numbered[], ...ids: bigint[]): Numbered[] => all.filter(({ id }) => !ids.includes(id));
    const before = findCompleteness("prod", [exportOf("one", AT_TEN + HOUR, [...lost(minutes(1, 9, 0), 4n), ...minutes(1, 9, 30)])]);
    expect(before).toMatchObject({ received: "17", missing: "1", restarts: 1 });
    const after = findCompleteness("prod", [exportOf("one", AT_TEN + HOUR / 4, minutes(1, 9, 0)), exportOf("two", AT_TEN + HOUR, lost(minutes(1, 9, 30), 4n, 5n))]);
    expect(after).toMatchObject({ received: "16", missing: "2", restarts: 1 });
    expect(missingOf(after)).toEqual([4n, 5n]);
  });

  test("are cut where they fell back, also when the first ids of the new installation are new", () => {
    const found = findCompleteness("prod", [exportOf("one", AT_TEN + HOUR / 4, minutes(5, 9, 0)), exportOf("two", AT_TEN + HOUR, minutes(1, 8, 30))]);
    expect(found).toMatchObject({ received: "13", missing: "0", restarts: 1, first_id: "1", last_id: "8" });
    const split = findCompleteness("prod", [exportOf("one", AT_TEN + HOUR / 4, minutes(5, 9, 0)), exportOf("two", AT_TEN + HOUR / 2, minutes(1, 3, 20)), exportOf("three", AT_TEN + HOUR, minutes(4, 8, 30))]);
    expect(split.gaps).toMatchObject([{ reason: "restart", after: { id: "9", export: "one" }, before: { id: "1", export: "two" } }]);
  });

  const installation = fc.record({ first: fc.constantFrom(1, 1, 1, 4), pauses: fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 90 }), arrives: fc.boolean() }), { minLength: 2, maxLength: 12 }) });
  test("are counted and compared installation by installation, however soon they follow each other and however exports are cut", () => {
    fc.assert(
      fc.property(fc.array(installation, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 5 }), (planned, chance, files) => {
        let time = AT_TEN;
        let missing = 0;
        const arrived: Numbered[] = [];
        for (const { first, pauses } of planned) {
          time += 10 * 60_000;
          for (const [index, { seconds, arrives }] of pauses.entries()) {
            time += seconds * 1000;
            // Its first and its last ids are what shows an installation.
            const isEdge = index === 0 || index >= pauses.length - 1;
            if (arrives || isEdge) arrived.push({ id: BigInt(first + index), time });
            else missing++;
          }
        }
        const isShown = planned.every(({ first, pauses }, index) => index === 0 || sharesAnId(planned[index - 1]?.first ?? 0, planned[index - 1]?.pauses ?? [], first, pauses));
        fc.pre(isShown);
        const shuffled = (records: Numbered[]): Numbered[] => records.map((one) => ({ one, rank: chance.next().value })).toSorted((a, b) => a.rank - b.rank).map(({ one }) => one);
        const size = Math.ceil(arrived.length / files);
        const exports = Array.from({ length: files }, (_, file) => {
          const again = arrived.slice(0, file * size).filter(() => chance.next().value % 4 === 0);
          return exportOf(String(file), AT_TEN + (file + 1) * HOUR, shuffled([...arrived.slice(file * size, (file + 1) * size), ...again]));
        });
        const found = findCompleteness("prod", exports);
        expect(found).toMatchObject({ received: String(arrived.length), missing: String(missing), restarts: planned.length - 1 });
      }),
      { numRuns: 300 },
    );
  });

  /** Whether some id that came of both installations is the same: what else could show where one ends. */
  function sharesAnId(first: number, pauses: readonly { arrives: boolean }[], nextFirst: number, nextPauses: readonly { arrives: boolean }[]): boolean {
    const came = (from: number, all: readonly { arrives: boolean }[]): number[] => all.flatMap(({ arrives }, index) => (arrives || index === 0 || index === all.length - 1 ? [from + index] : []));
    const ids = new Set(came(first, pauses));
    return came(nextFirst, nextPauses).some((id) => ids.has(id));
  }
});
