import { html } from "hono/html";
import { shareCents } from "../../ledger/money.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { type AllocatedFigures, type AllocatedRow, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import { printRequests } from "../report/printed-allocations.ts";
import { costCell, formatHundredths, type Html, moneyCell } from "./cells.ts";
import { addAllocated, foldRows } from "./fold-rows.ts";
import { countOf, plainTable } from "./tables.ts";

/** Printed totals of a team's tables. */
interface OwnTotals {
  figures: AllocatedFigures;
  owed: bigint;
  listValue: bigint;
  /** In hundredths. */
  requests: bigint;
}

interface OwnTable<Key> {
  /** What a row is. */
  title: string;
  limit: number;
  show: (key: Key) => Html | string;
}

/** A narrow table of one team: what it owes, its list value if it has one, and requests. */
export function renderOwn<Key>(rows: readonly AllocatedRow<Key>[], { title, limit, show }: OwnTable<Key>, totals: OwnTotals): Html {
  const { shown, others } = foldRows(rows, limit, (rest) => addAllocated(rest.map(({ figures }) => figures)));
  const figures = [...shown.map((row) => row.figures), ...(others === null ? [] : [others.sum])];
  const owed = shareCents(totals.owed, figures.map((one) => sumOwed(one).cost ?? 0n));
  const listed = shareCents(totals.listValue, figures.map((one) => sumListValue(one).cost ?? 0n));
  const requests = printRequests(figures.map((one) => one.requests), totals.requests).parts;
  const withList = sumListValue(totals.figures).requests > 0n;
  const cells = (one: AllocatedFigures, cents: bigint, listCents: bigint, hundredths: bigint): Html[] => {
    const due = sumOwed(one);
    return [
      due.cost === null ? costCell(due, cents) : moneyCell(due.cost, cents),
      ...(withList ? [costCell(sumListValue(one), listCents)] : []),
      html`<td class="figure">${formatHundredths(hundredths)}</td>`,
    ];
  };
  const name = shownText(title);
  return plainTable({
    caption: `By ${name.toLowerCase()}`,
    columns: [{ title: name }, ...["Owed", ...(withList ? ["List value"] : []), "Requests"].map((column) => ({ title: column, figure: true }))],
    rows: figures.map((one, index) => {
      const row = shown[index];
      return { header: row === undefined ? countOf(others?.count ?? 0, "other") : show(row.key), cells: cells(one, owed[index] ?? 0n, listed[index] ?? 0n, requests[index] ?? 0n) };
    }),
    foot: { header: "Total", cells: cells(totals.figures, totals.owed, totals.listValue, totals.requests) },
    style: "compact",
  });
}
