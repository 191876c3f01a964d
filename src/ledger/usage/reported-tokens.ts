import { recordOf } from "../record-of.ts";
import { TOKEN_COLUMNS } from "./usage-columns.ts";

export type ReportedColumn = Extract<(typeof TOKEN_COLUMNS)[number], { reportedAs: string }>;

/** The counts that reports show, in the order of their columns. */
export const REPORTED_COLUMNS: readonly ReportedColumn[] = TOKEN_COLUMNS.filter((column) => column.reportedAs !== null);

/** Headings of their columns: `Cache write tokens`. */
export const REPORTED_TITLES: readonly string[] = REPORTED_COLUMNS.map(({ name }) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " "));

/** Sums of these counts, exact: one record may hold 2^53 - 1, so a sum may hold more. */
export type ReportedTokens = Record<ReportedColumn["reportedAs"], bigint>;

/** One sum for each count. @param sumOf given the property of `ReportedTokens` and the name of the column. */
export function mapReported(sumOf: (kind: ReportedColumn["reportedAs"], name: ReportedColumn["name"]) => bigint): ReportedTokens {
  return recordOf(REPORTED_COLUMNS, ({ reportedAs }) => reportedAs, ({ reportedAs, name }) => sumOf(reportedAs, name));
}

export function noReportedTokens(): ReportedTokens {
  return mapReported(() => 0n);
}

/** Adds in place. */
export function addReported(sums: ReportedTokens, more: ReportedTokens): void {
  for (const { reportedAs } of REPORTED_COLUMNS) sums[reportedAs] += more[reportedAs];
}

/** The sum of all kinds. */
export function sumReported(tokens: ReportedTokens): bigint {
  return REPORTED_COLUMNS.reduce((sum, { reportedAs }) => sum + tokens[reportedAs], 0n);
}
