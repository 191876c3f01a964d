import type { Nanodollars } from "../../ledger/money.ts";
import type { ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "./allocation-figures.ts";

/** A row of `summary.csv`. Amounts that a section does not have are undefined; counts are in billionths. */
export interface SummaryRow {
  section: string;
  /** Empty where the row is about all teams. */
  team: string;
  item: string;
  detail: string;
  owed?: Nanodollars | null | undefined;
  adjustments?: Nanodollars | null | undefined;
  listValue?: Nanodollars | null | undefined;
  /** The part of the list value that callers' own keys paid. */
  callerKey?: Nanodollars | null | undefined;
  requests?: bigint;
  unpricedRequests?: bigint;
  tokens?: Partial<ReportedTokens>;
}

type SummaryPlace = Pick<SummaryRow, "section" | "team" | "item" | "detail">;

export function figureRow(place: SummaryPlace, figures: AllocatedFigures): SummaryRow {
  const { adjustments, requests, unpricedRequests, tokens, billing } = figures;
  return { ...place, owed: sumOwed(figures).cost, adjustments, listValue: sumListValue(figures).cost, callerKey: billing.caller_key.cost, requests, unpricedRequests, tokens };
}

export function figureRows<Key>(section: string, team: string, summary: AllocatedSummary<Key>, nameOf: (key: Key) => [item: string, detail: string]): SummaryRow[] {
  return summary.map(({ key, figures }) => {
    const [item, detail] = nameOf(key);
    return figureRow({ section, team, item, detail }, figures);
  });
}
