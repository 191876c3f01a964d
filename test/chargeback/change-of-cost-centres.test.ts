import { describe, expect, test } from "vitest";
import { UNALLOCATED } from "../../src/ledger/names/unassigned.ts";
import { sumOwed } from "../../src/chargeback/report/allocation-figures.ts";
import type { DaySpan } from "../../src/chargeback/report/compared-days.ts";
import { printTotal } from "../../src/chargeback/report/printed-cents.ts";
import { bookTeams, type MonthBooking } from "../../src/chargeback/report/bookings.ts";
import { inventCompany } from "./invented-company.ts";

const CENT = 10_000_000n;
const BEFORE: Readonly<Record<string, bigint>> = { red: 700n * CENT, blue: 300n * CENT, [UNALLOCATED]: 0n };

/** Two cost centres of one team, and changes against a month in which each team had `BEFORE`; of some days the teams have a tenth of the month. */
function book(days: DaySpan | null): { booking: MonthBooking; changeOf: (team: string) => bigint } {
  const report = inventCompany({ people: 60, teams: [{ team: "red", costCenter: "A" }, { team: "red", costCenter: "B" }, { team: "blue", costCenter: null }] });
  const owedBy = (team: string): bigint => report.byTeam.filter(({ key }) => key.team === team).reduce((sum, { figures }) => sum + (sumOwed(figures).cost ?? 0n), 0n) / (days === null ? 1n : 10n);
  const against = (before: bigint, now: bigint) => ({ month: "2026-09", days, before, now, price: 0n, volume: now - before, mix: 0n });
  const teams = report.insights.teams.map((team) => ({ ...team, change: against(BEFORE[team.team] ?? 0n, owedBy(team.team)) }));
  const names = Object.keys(BEFORE);
  const change = against(names.reduce((sum, team) => sum + (BEFORE[team] ?? 0n), 0n), names.reduce((sum, team) => sum + owedBy(team), 0n));
  const changed = { ...report, corrections: [], insights: { ...report.insights, teams, change } };
  return { booking: bookTeams(changed, printTotal(changed.allocated)), changeOf: (team) => owedBy(team) - (BEFORE[team] ?? 0n) };
}

describe.each([["of whole months", null], ["of some days", { first: 1, last: 9 }]])("the change of a team with two cost centres, %s", (_, days) => {
  test("takes what the team had before once, and leaves nothing to teams that are gone", () => {
    const { booking, changeOf } = book(days);
    for (const team of ["red", "blue"]) {
      const rows = booking.rows.filter(({ key }) => key.team === team);
      expect([team, rows.reduce((sum, { change }) => sum + (change?.exact ?? 0n), 0n)]).toEqual([team, changeOf(team)]);
    }
    expect(booking.gone).toBeNull();
    expect(booking.rows.reduce((sum, { change }) => sum + (change?.cents ?? 0n), 0n)).toBe(booking.total.change?.cents);
  });
});

test("of some days only the first of the cost centres has a change: it is known by team", () => {
  const changes = book({ first: 1, last: 9 }).booking.rows.filter(({ key }) => key.team === "red").map(({ change }) => change === null);
  expect(changes).toEqual([false, true]);
});
