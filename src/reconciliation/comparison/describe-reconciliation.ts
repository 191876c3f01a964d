import { divideRounding, formatDollars } from "../../ledger/money.ts";
import { TOKEN_TYPES } from "./bill.ts";
import type { Both } from "./compare-bill.ts";
import { type Charge, chargeAgrees, isTold } from "./compare-charges.ts";
import type { Explained } from "./find-causes.ts";
import type { Reconciliation, Totals } from "./reconciliation.ts";

/** One line of `reconciliation.csv`; null where bill or ledger has no figure. Money is dollars with nine decimals. */
export type Variance = Record<
  | "date" | "provider" | "gateway" | "model" | "token_type"
  | "bill_tokens" | "ledger_tokens" | "difference_tokens" | "difference_tokens_percent"
  | "bill_usd" | "ledger_usd" | "difference_usd" | "difference_usd_percent" | "cause" | "evidence",
  string | null
>;

/** A row for each type that is counted or charged, and one for the total money of the day and model (`all`). */
export function listVariances({ cells }: Pick<Reconciliation, "cells">): Variance[] {
  return cells.flatMap(({ cell, causes }: Explained) => {
    const name = { date: cell.date, provider: cell.provider, gateway: cell.scope, model: cell.model };
    const why = { cause: causes.map((cause) => cause.name).join(" ") || null, evidence: causes.map(({ evidence }) => evidence).join("; ") || null };
    const typed = TOKEN_TYPES.flatMap((type): Variance[] => {
      const count = cell.counts.find((one) => one.type === type);
      const charge = cell.charges.find((one) => one.type === type);
      const isNothing = (count === undefined || (count.bill === 0n && count.ledger === 0n)) && charge === undefined;
      if (isNothing) return [];
      const differs = (count !== undefined && count.bill !== count.ledger) || (charge !== undefined && isTold(charge) && !chargeAgrees(charge));
      return [{ ...name, token_type: type, ...tokenColumns(count), ...chargeColumns(charge), ...(differs ? why : { cause: null, evidence: null }) }];
    });
    return cell.cost === null ? typed : [...typed, { ...name, token_type: "all", ...tokenColumns(), ...moneyColumns(cell.cost), ...why }];
  });
}

/** Both sides where both distinguish the type, otherwise the bill's amount alone. */
function chargeColumns(charge: Charge | undefined): ReturnType<typeof moneyColumns> {
  if (charge === undefined) return moneyColumns(null);
  return isTold(charge) ? moneyColumns(charge) : { ...moneyColumns(null), bill_usd: formatDollars(charge.bill) };
}

function tokenColumns(both?: Both) {
  return {
    bill_tokens: both === undefined ? null : String(both.bill),
    ledger_tokens: both === undefined ? null : String(both.ledger),
    difference_tokens: both === undefined ? null : String(both.bill - both.ledger),
    difference_tokens_percent: both === undefined ? null : percentOf(both),
  };
}

function moneyColumns(both: Both | null) {
  return {
    bill_usd: both && formatDollars(both.bill),
    ledger_usd: both && formatDollars(both.ledger),
    difference_usd: both && formatDollars(both.bill - both.ledger),
    difference_usd_percent: both && percentOf(both),
  };
}

/** Percentage of the ledger's figure, with two decimals; null where that is 0. */
export function percentOf({ bill, ledger }: Both): string | null {
  if (ledger === 0n) return null;
  const hundredths = divideRounding((bill - ledger) * 10_000n * (ledger < 0n ? -1n : 1n), ledger < 0n ? -ledger : ledger);
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, "0");
  return `${hundredths < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The whole reconciliation as plain data. Money is text of dollars, counts are texts of whole numbers: both may be beyond 2^53. */
export function describeReconciliation(reconciliation: Reconciliation): Record<string, unknown> {
  const { month, files, total, models, terms, causes, uncovered, outside, unbilled, unsplit, foreign, otherServices } = reconciliation;
  return {
    format: 1,
    month,
    days: "UTC",
    files,
    total: describeTotals(total),
    by_model: models.map(({ provider, model, ...totals }) => ({ provider, model, ...describeTotals(totals) })),
    ...(terms.length === 0 ? {} : { by_terms: terms.map(describeTerm) }),
    causes: causes.map(({ name, days, models: of, evidence, ...totals }) => ({ cause: name, days, models: of, evidence, ...describeTotals(totals) })),
    days_without_bill: uncovered,
    other_days_of_bill: outside.map(({ provider, days: of, cost }) => ({ provider, days: of, bill_usd: formatDollars(cost) })),
    providers_without_bill: unbilled.map(({ provider, cost }) => ({ provider, ledger_usd: formatDollars(cost) })),
    not_split_by_type: unsplit.map(({ provider, model, cost }) => ({ provider, model, ledger_usd: formatDollars(cost) })),
    ...(foreign.length === 0 ? {} : { other_currencies: foreign.map(({ provider, currency, amount, days: of }) => ({ provider, currency, bill_amount: formatDollars(amount), days: of })) }),
    ...(otherServices.length === 0 ? {} : { not_about_models: otherServices.map(({ service, currency, amount }) => ({ service, currency, bill_amount: formatDollars(amount) })) }),
    rows: listVariances(reconciliation),
  };
}

function describeTerm({ provider, model, term, value, tokens, cost }: Reconciliation["terms"][number]): object {
  return { provider, model, term, value, ...tokenColumns(tokens ?? undefined), ...moneyColumns(cost) };
}

function describeTotals({ counts, costs, cost }: Totals): object {
  const types = TOKEN_TYPES.filter((type) => counts.has(type) || costs.has(type));
  return { ...moneyColumns(cost), tokens: types.map((type) => ({ token_type: type, ...tokenColumns(counts.get(type)), ...moneyColumns(costs.get(type) ?? null) })) };
}
