import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeAnomaly } from "../../src/limits/anomalies/describe-anomaly.ts";
import { type Anomaly, type AnomalySettings, findAnomalies } from "../../src/limits/anomalies/find-anomalies.ts";
import { addDays } from "../../src/ledger/days.ts";
import type { DaySpend } from "../../src/limits/budgets/spend.ts";
import type { Nanodollars } from "../../src/ledger/money.ts";
import { LIST_VALUES } from "../../src/ledger/usage/usage-record.ts";
import { runs } from "../property/runs.ts";

const DAY = "2026-10-29";
const USUAL: AnomalySettings = { of: ["team"], historyDays: 28, leastDays: 10, threshold: 5, minimum: dollars(20), direction: "up" };

function dollars(amount: number): Nanodollars {
  return BigInt(Math.round(amount * 1e9));
}

function spend(day: string, amount: number | bigint | null, changes: Partial<DaySpend> = {}): DaySpend {
  const cost = typeof amount === "number" ? dollars(amount) : amount;
  const usual = { team: "payments", tag: "(untagged)", caller: "alice@example.com", callerType: "user", instance: "prod" } as const;
  return { day, ...usual, provider: "anthropic", model: "claude-opus-4", billing: "metered", dimensions: {}, cost, ...changes };
}

/** Dollars of the days before `DAY`, the last one first in front of it; null: no usage. */
function daysBefore(amounts: readonly (number | null)[]): DaySpend[] {
  return amounts.flatMap((amount, index) => (amount === null ? [] : [spend(addDays(DAY, index - amounts.length), amount)]));
}

function judge(before: readonly (number | null)[], today: number, changes: Partial<AnomalySettings> = {}): Anomaly | undefined {
  return findAnomalies([...daysBefore(before), spend(DAY, today)], DAY, { ...USUAL, ...changes })[0];
}

describe("a day", () => {
  /** Median 105, and a median distance from it of 3: a spread of 4.4478, of which a twentieth of the median, 5.25, is more. */
  const around = [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110];

  test("is held against the median by the median distance from it", () => {
    const wide = [50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150];
    // Median 100, median distance 30, spread 44.478: five of them reach to 322.39.
    expect(judge(wide, 322.38)).toBeUndefined();
    expect(judge(wide, 322.4)).toMatchObject({
      kind: "team",
      name: "payments",
      day: DAY,
      spent: dollars(322.4),
      median: dollars(100),
      low: 0n,
      high: dollars(322.39),
      tenths: 50n,
      days: 11,
    });
  });

  test("is held against a twentieth of the median where days are alike", () => {
    expect(judge(around, 131.25)).toBeUndefined();
    expect(judge(around, 131.26)).toMatchObject({ median: dollars(105), high: dollars(131.25), low: dollars(78.75) });
    const alike = Array.from({ length: 28 }, () => 100);
    expect(judge(alike, 125)).toBeUndefined();
    expect(judge(alike, 125.01)).toMatchObject({ median: dollars(100), tenths: 50n });
  });

  test("has to be away from the median by the minimum", () => {
    const small = Array.from({ length: 28 }, () => 1);
    expect(judge(small, 20.99)).toBeUndefined();
    expect(judge(small, 21)).toMatchObject({ tenths: 4000n });
    expect(judge(small, 3, { minimum: dollars(1) })).toBeDefined();
  });

  test("of little spend is one only where that is asked for", () => {
    const alike = Array.from({ length: 28 }, () => 100);
    expect(judge(alike, 10)).toBeUndefined();
    expect(judge(alike, 10, { direction: "both" })).toMatchObject({ spent: dollars(10), low: dollars(75) });
    expect(findAnomalies(daysBefore(alike), DAY, { ...USUAL, direction: "both" })).toMatchObject([{ spent: 0n, models: [] }]);
  });

  test("of somebody new is not judged before there are days enough", () => {
    expect(judge(Array.from({ length: 9 }, () => 1), 500)).toBeUndefined();
    expect(judge(Array.from({ length: 10 }, () => 1), 500)).toMatchObject({ days: 10 });
    expect(judge([1, ...Array.from({ length: 9 }, () => null)], 500)).toMatchObject({ median: 0n, days: 10, tenths: null });
  });

  test("of somebody whose first requests cost nothing is judged from the first day that cost anything", () => {
    const free = [spend(addDays(DAY, -20), 0), spend(addDays(DAY, -19), null), spend(addDays(DAY, -18), 40, { billing: "subscription" })];
    const judged = (known: number): Anomaly | undefined =>
      findAnomalies([...free, ...daysBefore(Array.from({ length: known }, (_, index) => (index === 0 ? 1 : 0))), spend(DAY, 500)], DAY, USUAL)[0];
    expect([judged(0), judged(9)]).toEqual([undefined, undefined]);
    expect(judged(10)).toMatchObject({ days: 10, median: 0n });
  });

  test("does not hide behind an earlier one", () => {
    const alike = Array.from({ length: 27 }, () => 100);
    expect(judge([...alike, 5000], 1000)).toMatchObject({ median: dollars(100) });
  });

  test("is held against the configured number of days and no older ones", () => {
    const cheap = Array.from({ length: 40 }, () => 1);
    const dear = Array.from({ length: 10 }, () => 100);
    expect(judge([...dear, ...cheap], 100)).toBeDefined();
    expect(judge([...cheap, ...dear], 100, { historyDays: 10 })).toBeUndefined();
  });
});

describe("weekends", () => {
  const week = [100, 104, 98, 102, 97, null, null];
  const weeks = [...week, ...week, ...week, ...week];

  test("of a team that does not work then neither are anomalies nor make Mondays some", () => {
    expect(judge(weeks, 103)).toBeUndefined();
    expect(findAnomalies(daysBefore(weeks), DAY, USUAL)).toEqual([]);
    expect(judge(weeks, 400)).toBeDefined();
  });

  test("only: what runs once a week is compared with the weeks before, since most days are idle", () => {
    const weekly = [30, null, null, null, null, null, null];
    const months = [...weekly, ...weekly, ...weekly, ...weekly];
    expect(judge(months, 31)).toBeUndefined();
    expect(judge(months, 90)).toMatchObject({ median: dollars(30), days: 28 });
  });
});

describe("whose days", () => {
  const days = Array.from({ length: 14 }, (_, index) => addDays(DAY, -1 - index));
  const ci = { tag: "tag:ci", caller: "tag:ci", callerType: "tag", team: "platform" } as const;
  const rows = [
    ...days.flatMap((day) => [spend(day, 10), spend(day, 10, { caller: "bob@example.com" }), spend(day, 5, ci)]),
    spend(DAY, 300, { model: "claude-opus-4" }),
    spend(DAY, 90, { caller: "bob@example.com", model: "gpt-5" }),
    spend(DAY, 80, ci),
    spend(DAY, null, ci),
  ];

  test("are those of teams, tags and callers, each by itself, and not of what has no tag", () => {
    const found = findAnomalies(rows, DAY, { ...USUAL, of: ["team", "tag", "caller"] });
    expect(found.map(({ kind, name, spent }) => `${kind} ${name} ${String(spent / 1_000_000_000n)}`)).toEqual([
      "caller alice@example.com 300",
      "caller bob@example.com 90",
      "caller tag:ci 80",
      "tag tag:ci 80",
      "team payments 390",
      "team platform 80",
    ]);
    expect(found.find(({ name }) => name === "payments")).toMatchObject({
      models: [{ name: "claude-opus-4", amount: dollars(300) }, { name: "gpt-5", amount: dollars(90) }],
      callers: [{ name: "alice@example.com" }, { name: "bob@example.com" }],
    });
  });

  test.each(LIST_VALUES)("leave out what is billed as %s: nobody owes it", (billing) => {
    const listed = [...days.map((day) => spend(day, 10)), spend(DAY, 10), spend(DAY, 500, { billing })];
    expect(findAnomalies(listed, DAY, USUAL)).toEqual([]);
  });

  test("are told with who, what, how much, what is usual, and where to look", () => {
    const team = findAnomalies(rows, DAY, USUAL).find(({ name }) => name === "payments")!;
    const session = { session: "s-1", caller: "alice@example.com", agent: "claude-code", requests: 812, cost: dollars(280.5) };
    const rest = { session: null, caller: "bob@example.com", agent: null, requests: 1, cost: dollars(0.1) };
    expect(describeAnomaly(team, [session, rest], ["ops"])).toEqual({
      kind: "anomaly",
      limit: "team payments",
      period: DAY,
      threshold: "anomaly",
      title: "team payments spent $390.00 on 2026-10-29, usually $15.00 to $25.00",
      lines: [
        "Spent: $390.00 on 2026-10-29",
        "Usual range: $15.00 to $25.00 a day; the median of the 14 days before is $20.00",
        "Models: claude-opus-4 $300.00, gpt-5 $90.00",
        "Callers: alice@example.com $300.00, bob@example.com $90.00",
        "Session: s-1 $280.50 in 812 requests (alice@example.com, claude-code)",
        "Session: (without a session) $0.10 in 1 request (bob@example.com)",
        'Where to look: aperture-ledger explain --month 2026-10 --team "payments"',
      ],
      targets: ["ops"],
      figures: { spent_usd: "390.000000000", median_usd: "20.000000000", low_usd: "15.000000000", high_usd: "25.000000000", score: "370.0", days: 14 },
    });
  });
});

describe("whatever was spent", () => {
  const amount = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 10n ** 12n }));
  const rows = fc.array(
    fc.record({ back: fc.nat(20), amount, team: fc.constantFrom("a", "b", "c"), model: fc.constantFrom("m", "n") }).map(({ back, amount: cost, ...of }) => spend(addDays(DAY, -back), cost, of)),
    { maxLength: 80 },
  );
  const settings: AnomalySettings = { ...USUAL, of: ["team", "caller"], minimum: 0n, direction: "both", leastDays: 3, threshold: 1.5 };

  test("the order of the rows never matters", () => {
    fc.assert(
      fc.property(rows.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
        expect(findAnomalies(shuffled, DAY, settings)).toEqual(findAnomalies(all, DAY, settings));
      }),
      runs(300),
    );
  });

  test("in another currency the same days are anomalies, by as much", () => {
    fc.assert(
      fc.property(rows, fc.bigInt({ min: 2n, max: 1000n }), (all, factor) => {
        const scaled = all.map((row) => ({ ...row, cost: row.cost === null ? null : row.cost * factor }));
        const outline = (found: readonly Anomaly[]): unknown => found.map(({ kind, name, tenths, days }) => [kind, name, tenths, days]);
        expect(outline(findAnomalies(scaled, DAY, settings))).toEqual(outline(findAnomalies(all, DAY, settings)));
      }),
      runs(300),
    );
  });

  test("a row in two parts is the same row", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const parts = all.flatMap((row) => [{ ...row, cost: (row.cost ?? 0n) / 3n }, { ...row, cost: (row.cost ?? 0n) - (row.cost ?? 0n) / 3n }]);
        expect(findAnomalies(parts, DAY, settings)).toEqual(findAnomalies(all, DAY, settings));
      }),
      runs(300),
    );
  });
});
