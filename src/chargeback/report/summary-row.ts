import { BILLIONTHS, type Nanodollars } from "../../ledger/money.ts";
import { mapReported, type ReportedTokens } from "../../ledger/usage/reported-tokens.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "./allocation-figures.ts";
import { addKnown, type BilledFigures } from "./usage-figures.ts";

/** A row of `summary.csv`. Amounts that a section does not have are undefined; counts are in billionths. */
export interface SummaryRow {
  section: string;
  /** Empty where the row is about all teams. */
  team: string;
  item: string;
  detail: string;
  owed?: Nanodollars | null | undefined;
  /** The amount owed in cents, as the page prints it and the journal books it. */
  booked?: bigint | undefined;
  /** The same amount in hundredths of the second currency. */
  second?: bigint | undefined;
  adjustments?: Nanodollars | null | undefined;
  listValue?: Nanodollars | null | undefined;
  /** The part of what is owed that runs on the company's own machines; only where kinds of usage are separate. */
  selfHosted?: Nanodollars | null | undefined;
  /** The part of the list value that callers' own keys paid. */
  callerKey?: Nanodollars | null | undefined;
  /** An amount that is neither owed for the month nor a list value: an amount of another month, a budget, a saving or an average. */
  value?: Nanodollars | null | undefined;
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

/** A row of usage before adjustments, for every kind of billing. What is owed is metered and self-hosted usage. */
export function usageRow(place: SummaryPlace, { requests, unpricedRequests, tokens, billing: { metered, self_hosted, subscription, caller_key } }: BilledFigures): SummaryRow {
  return { ...place, owed: addKnown([metered.cost, self_hosted.cost]), selfHosted: self_hosted.cost, listValue: addKnown([subscription.cost, caller_key.cost]), callerKey: caller_key.cost, requests: requests * BILLIONTHS, unpricedRequests: unpricedRequests * BILLIONTHS, tokens: mapReported((kind) => tokens[kind] * BILLIONTHS) };
}
