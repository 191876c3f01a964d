import { html } from "hono/html";
import { formatBillionths, formatDollars, formatDollarsOrEmpty, formatDollarsOrNull, type Nanodollars, roundToCents, shareCents } from "../../ledger/money.ts";
import { type CsvColumn, neutralise, writeCsv } from "../../ledger/text/csv-cells.ts";
import { isListValue } from "../../ledger/usage/usage-record.ts";
import { type Correction, CORRECTION_CAUSES, type CorrectionCause } from "../corrections/correction.ts";
import { formatCount, type Html, moneyCell, showName } from "../page/cells.ts";
import { foldRows } from "../page/fold-rows.ts";
import { countOf, differenceCell, NO_CELL, scrollingTable, section, textCell } from "../page/tables.ts";
import { printStep } from "../report/rounding.ts";

export const CAUSE_TITLES: Readonly<Record<CorrectionCause, string>> = {
  late_export: "Late export",
  price_version: "Changed price",
  directory_change: "Changed owner",
  rule_version: "Newer rules",
  charge_change: "Changed charge",
};

const SHOWN = 60;

const REASONS = 5;

/** Corrections of one closed month, cause and team, either owed or list value. */
interface CorrectionGroup extends Pick<Correction, "corrects" | "cause" | "team" | "costCenter"> {
  listValue: boolean;
  rows: number;
  was: Nanodollars;
  is: Nanodollars;
  difference: Nanodollars;
}

/**
 * Corrections of closed months that are booked in this one.
 * @param owed cents of all corrections of what is owed, as printed elsewhere
 */
export function renderCorrections(corrections: readonly Correction[], owed: bigint, { reasons }: { reasons: boolean }): Html | string {
  if (corrections.length === 0) return "";
  const groups = groupCorrections(corrections);
  const booked = groups.filter(({ listValue }) => !listValue);
  const listed = groups.filter(({ listValue }) => listValue);
  return section("corrections", "Corrections of closed months", html`<p>A closed month never changes. Late usage, changed prices and changed owners are booked in this month.
“Was” and “is” cover only the rows that changed, not the whole month.</p>
${booked.length === 0 ? html`<p>No correction changes the amount owed.</p>` : correctionTable("Owed", booked, owed)}
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
    caption: `${kind}: one row per closed month, cause and team`,
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

/** Reasons, once for each closed month and cause, because most teams share them. */
function renderReasons(corrections: readonly Correction[]): Html {
  const causes = [...Map.groupBy(corrections, ({ corrects, cause }) => JSON.stringify([corrects, CORRECTION_CAUSES.indexOf(cause)]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, all]) => all.slice(0, 1).map(({ corrects, cause }) => ({ corrects, cause, reasons: [...new Set(all.map(({ reason }) => reason))].toSorted() })));
  return html`<dl class="reasons">${causes.map(({ corrects, cause, reasons }) => html`<dt>${CAUSE_TITLES[cause]}, ${corrects}</dt>${nameReasons(reasons)}`)}</dl>`;
}

/** Reasons are sentences with names of exports and prices. */
const LONGEST_REASON = 2_000;

function nameReasons(reasons: readonly string[]): Html {
  const { shown, others } = foldRows(reasons, REASONS, () => null);
  return html`${shown.map((reason) => html`<dd>${showName(reason, LONGEST_REASON)}</dd>`)}${others === null ? "" : html`<dd class="quiet">and ${countOf(others.count, "other reason")}, in corrections.csv</dd>`}`;
}

const COLUMNS: readonly CsvColumn<Correction>[] = [
  { name: "corrects", read: ({ corrects }) => corrects },
  { name: "cause", read: ({ cause }) => cause },
  { name: "reason", read: ({ reason }) => neutralise(reason) },
  { name: "team", read: ({ team }) => neutralise(team) },
  { name: "cost_center", read: ({ costCenter }) => neutralise(costCenter ?? "") },
  { name: "caller", read: ({ caller }) => neutralise(caller) },
  { name: "caller_type", read: ({ callerType }) => callerType },
  { name: "tag", read: ({ tag }) => neutralise(tag) },
  { name: "dimensions", read: ({ dimensions }) => neutralise(JSON.stringify(dimensions)) },
  { name: "instance", read: ({ instance }) => neutralise(instance) },
  { name: "provider", read: ({ provider }) => neutralise(provider) },
  { name: "model", read: ({ model }) => neutralise(model) },
  { name: "billing", read: ({ billing }) => billing },
  { name: "method", read: ({ method }) => neutralise(method) },
  { name: "rule", read: ({ rule }) => neutralise(rule) },
  { name: "was_usd", read: ({ was }) => formatDollarsOrEmpty(was) },
  { name: "is_usd", read: ({ is }) => formatDollarsOrEmpty(is) },
  { name: "difference_usd", read: ({ difference }) => formatDollars(difference) },
  { name: "requests", read: ({ requests }) => formatBillionths(requests) },
];

/** The corrections as CSV: one row each, with exact amounts. */
export function renderCorrectionsCsv(corrections: readonly Correction[]): string {
  return writeCsv(COLUMNS, corrections);
}

/** A correction as a row of JSON. */
export function correctionToJson(correction: Correction): object {
  const { corrects, cause, reason, team, costCenter, caller, callerType, tag, dimensions, instance, provider, model, billing, method, rule } = correction;
  const { was, is, difference, requests } = correction;
  return {
    corrects, cause, reason, team, cost_center: costCenter, caller, caller_type: callerType, tag, dimensions, instance, provider, model, billing, method, rule,
    was_usd: formatDollarsOrNull(was),
    is_usd: formatDollarsOrNull(is),
    difference_usd: formatDollars(difference),
    requests: JSON.rawJSON(formatBillionths(requests)),
  };
}
