/** Spans that move with the calendar. */
export const PRESETS = ["this_month", "last_month", "30_days"] as const;
export type Preset = (typeof PRESETS)[number];

/** What a question adds up. `cost` is without list values, which nobody owes. */
export const MEASURES = ["cost", "list_value", "requests", "unpriced_requests", "input_tokens", "output_tokens"] as const;
export type Measure = (typeof MEASURES)[number];

/** Sums of some requests; nanodollars are null where none of the requests has a price. */
export type Figures = Readonly<Record<Measure, bigint | null>>;

export const MEASURE_TITLES: Readonly<Record<Measure, string>> = {
  cost: "Cost",
  list_value: "List value, not owed",
  requests: "Requests",
  unpriced_requests: "Unpriced requests",
  input_tokens: "Input tokens",
  output_tokens: "Output tokens",
};

export function isMoney(measure: Measure): boolean {
  return measure === "cost" || measure === "list_value";
}

/** Rows that a table has, in steps: the others are added up in one row. */
export const TOPS = [25, 100, 500] as const;
type Top = (typeof TOPS)[number];

/** Groups requests by day; the other groupings are properties. */
export const DAY = "day";

/** Days of the configured time zone, both included: `YYYY-MM-DD`. */
export interface DaySpan {
  from: string;
  to: string;
}

/** Requests with one of the values or, if `lacking`, without the property. */
export interface Filter {
  /** Name of the property. */
  property: string;
  /** Distinct, in order. */
  values: readonly string[];
  lacking: boolean;
}

/** A question that was checked: what its link says. */
export interface Question {
  span: Preset | DaySpan;
  /** In the order of the properties, one for each property. A request must meet all of them. */
  filters: readonly Filter[];
  /** What a row of the table is: `DAY`, or the name of a property. */
  rows: string;
  /** The property whose values are columns of the table and colours of the chart; null: the chart shows the rows. */
  columns: string | null;
  measure: Measure;
  top: Top;
}

/** What decides how a question is read. */
export interface QuestionSettings {
  /** IANA name of the time zone in which days begin. */
  timezone: string;
  /** Names of the configured dimensions. */
  dimensions: readonly string[];
}
