import type { Figures } from "../question/question.ts";

/** Sums of the requests of one value, or of all other values together. */
export interface AnswerRow {
  /** Null: requests without the property. For the others it means nothing. */
  value: string | null;
  figures: Figures;
  /** The measure by column: one for each of `series`, then one for all others if there are others. Empty where the question has no columns. */
  cells: readonly (bigint | null)[];
  /** Starts of the first and of the last quarter of an hour with such a request. */
  first: Date;
  last: Date;
}

export interface Answer {
  total: Figures;
  /** The largest first; days in their order. */
  rows: readonly AnswerRow[];
  others: { count: number; row: AnswerRow } | null;
  /** Values of the columns or, without columns, of the first rows; empty where rows are days and there are no columns. */
  series: readonly (string | null)[];
  /** Number of values that are not in `series`. */
  otherSeries: number;
  /** The measure of each day of the span, by series as in `cells`; without series in one part. */
  days: readonly { day: string; parts: readonly bigint[] }[];
}
