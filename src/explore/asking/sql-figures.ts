import { z } from "zod";
import { recordOf } from "../../ledger/record-of.ts";
import { sqlNanodollars } from "../../ledger/sql/sql-values.ts";
import { IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import { type Figures, isMoney, type Measure, MEASURES } from "../question/question.ts";

/** SQL of the figures of rows of `rollups`, each a HUGEINT. Sums are exact; an amount is null where nothing has a price. */
export const SUM_FIGURES = MEASURES.map((measure) => `${sqlSum(measure)} AS ${measure}`).join(", ");

/** SQL of one figure of rows of `rollups`. */
export function sqlSum(measure: Measure): string {
  if (!isMoney(measure)) return `sum(${measure})::HUGEINT`;
  return sqlNanodollars(`(sum(cost_usd) FILTER (${measure === "cost" ? "NOT " : ""}${IS_LIST_VALUE}))::DECIMAL(38,9)`);
}

/** SQL that adds figures up. */
export const ADD_FIGURES = MEASURES.map((name) => `sum(${name})::HUGEINT AS ${name}`).join(", ");

/** SQL of an order of rows with figures: the largest first; where two are equal, by cost, by requests, then by name. */
export function sqlLargestFirst(measure: Measure, ...names: string[]): string {
  return [`coalesce(${measure}, 0) DESC`, "coalesce(cost, 0) DESC", "requests DESC", ...names.map((name) => `${name} NULLS LAST`)].join(", ");
}

/** The columns of figures in the result of a query. */
export const figureColumns = recordOf(MEASURES, (measure) => measure, () => z.bigint().nullable());

/** The figures in a row. */
export function toFigures(row: Figures): Figures {
  return recordOf(MEASURES, (measure) => measure, (measure) => row[measure]);
}
