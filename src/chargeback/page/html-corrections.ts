import { html } from "hono/html";
import { type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import { CORRECTION_CAUSES, type Correction, type CorrectionCause } from "../corrections/correction.ts";
import { formatCount, type Html, moneyCell, showName } from "./html-cells.ts";
import { foldRows } from "./fold-rows.ts";
import { printStep } from "../report/rounding.ts";
import { countOf, differenceCell, NO_CELL, scrollingTable, section, textCell } from "./tables.ts";

const CAUSE_TITLES: Readonly<Record<CorrectionCause, string>> = {
  late_export: "Late export",
  price_version: "Other price",
  directory_change: "Other owner",
  rule_version: "Newer rules",
};

const SHOWN = 60;
const REASONS = 5;

/** Corrections of one closed month, cause, team and kind of money. */
interface CorrectionGroup extends Pick<Correction, "corrects" | "cause" | "team" | "costCenter"> {
  listValue: boolean;
  rows: number;
  was: Nanodollars;
  is: Nanodollars;
  difference: Nanodollars;
}

/**
 * What closed months would be by now, booked here.
 * @param owed cents of the corrections of what is owed, as printed elsewhere
 */
export function renderCorrections(corrections: readonly Correction[], owed: bigint, { reasons }: { reasons: boolean }): Html | string {
  if (corrections.length === 0) return "";
  const groups = groupCorrections(corrections);
  const booked = groups.filter(({ listValue }) => !listValue);
  const listed = groups.filter(({ listValue }) => listValue);
  return section("corrections", "Corrections of closed months", html`<p>A closed month never changes. What came late, has another price or another owner by now is booked in this month.
“Was” and “is” are of the rows that changed alone, not of the whole month.</p>
${booked.length === 0 ? html`<p>Nothing that is owed is corrected.</p>` : correctionTable("Owed", booked, owed)}
${listed.length === 0 ? "" : correctionTable("List value", listed, roundToCents(listed.map(({ difference }) => difference)).total)}
${reasons ? renderReasons(corrections) : ""}`);
}

function groupCorrections(corrections: readonly Correction[]): CorrectionGroup[] {
  return [...Map.groupBy(corrections, groupOf)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [first, ...others]]) => {
      if (first === undefined) return [];
      const all = [first, ...others];
      const add = (amountOf: (one: Correction) => Nanodollars | null): Nanodollars => all.reduce((sum, one) => sum + (amountOf(one) ?? 0n), 0n);
      const { corrects, cause, team, costCenter, billing } = first;
      return [{
        corrects, cause, team, costCenter,
        listValue: isListValue(billing),
        rows: all.length,
        was: add(({ was }) => was),
        is: add(({ is }) => is),
        difference: add(({ difference }) => difference),
      }];
    });
}

function groupOf({ corrects, cause, team, costCenter, billing }: Correction): string {
  return JSON.stringify([corrects, CORRECTION_CAUSES.indexOf(cause), team, costCenter, isListValue(billing)]);
}

function correctionTable(kind: string, groups: readonly CorrectionGroup[], total: bigint): Html {
  const { shown, others } = foldRows(groups, SHOWN, (rest) => ({
    rows: rest.reduce((all, { rows }) => all + rows, 0),
    difference: rest.reduce((all, { difference }) => all + difference, 0n),
  }));
  const differences = shareCents(total, [...shown, ...(others === null ? [] : [others.sum])].map(({ difference }) => difference));
  const printed = shown.map((group, index) => ({ ...group, cents: differences[index] ?? 0n }));
  return scrollingTable(`Corrections: ${kind.toLowerCase()}`, {
    caption: `${kind}: one row a closed month, cause and team; each sums up its rows`,
    columns: [
      { title: "Team" }, { title: "Closed month" }, { title: "Cause" },
      ...["Rows", "Was", "Is", "Difference"].map((title) => ({ title, figure: true })),
    ],
    rows: [
      ...printed.map(({ team, corrects, cause, rows, was, is, difference, cents }) => {
        const step = printStep(was, is, cents);
        return {
          header: showName(team),
          cells: [
            html`<td class="month">${corrects}</td>`, textCell(CAUSE_TITLES[cause]), html`<td class="figure">${formatCount(rows)}</td>`,
            moneyCell(was, step.was), moneyCell(is, step.is), differenceCell(difference, cents),
          ],
        };
      }),
      ...(others === null ? [] : [{
        header: countOf(others.count, "other"),
        cells: [NO_CELL, NO_CELL, html`<td class="figure">${formatCount(others.sum.rows)}</td>`, NO_CELL, NO_CELL, differenceCell(others.sum.difference, differences.at(-1) ?? 0n)],
      }]),
    ],
    foot: {
      header: "Total",
      cells: [
        NO_CELL, NO_CELL, html`<td class="figure">${formatCount(groups.reduce((all, { rows }) => all + rows, 0))}</td>`, NO_CELL, NO_CELL,
        differenceCell(groups.reduce((all, { difference }) => all + difference, 0n), total),
      ],
    },
    style: "book",
  });
}

/** Why, once for each closed month and cause: most teams of it share their reasons. */
function renderReasons(corrections: readonly Correction[]): Html {
  const causes = [...Map.groupBy(corrections, ({ corrects, cause }) => JSON.stringify([corrects, CORRECTION_CAUSES.indexOf(cause)]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => all.slice(0, 1).map(({ corrects, cause }) => ({ corrects, cause, reasons: [...new Set(all.map(({ reason }) => reason))].toSorted() })));
  return html`<dl class="reasons">${causes.map(({ corrects, cause, reasons }) => html`<dt>${CAUSE_TITLES[cause]}, ${corrects}</dt>${nameReasons(reasons)}`)}</dl>`;
}

/** Whole sentences, with names of exports and prices in them. */
const LONGEST_REASON = 2_000;

function nameReasons(reasons: readonly string[]): Html {
  const { shown, others } = foldRows(reasons, REASONS, () => null);
  return html`${shown.map((reason) => html`<dd>${showName(reason, LONGEST_REASON)}</dd>`)}${others === null ? "" : html`<dd class="quiet">and ${countOf(others.count, "other reason")}, in corrections.csv</dd>`}`;
}
