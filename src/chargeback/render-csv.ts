import { stringify } from "csv-stringify/sync";
import { formatDollars } from "../money.ts";
import { spellControls } from "./visible-text.ts";
import type { ChargebackReport } from "./report.ts";
import type { UsageRow } from "./sum-month.ts";

/** What a spreadsheet runs as a formula (OWASP, CSV Injection), the full-width forms included. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/u;

/** Text is neutralised, figures are never touched. */
const COLUMNS: readonly { name: string; read: (row: UsageRow) => string }[] = [
  { name: "instance", read: ({ instance }) => neutralise(instance) },
  { name: "caller", read: ({ caller }) => neutralise(caller) },
  { name: "caller_type", read: ({ callerType }) => callerType },
  { name: "tags", read: ({ tags }) => neutralise(tags.join(",")) },
  { name: "provider", read: ({ provider }) => neutralise(provider) },
  { name: "model", read: ({ model }) => neutralise(model) },
  { name: "billing", read: ({ billing }) => billing },
  { name: "requests", read: ({ requests }) => String(requests) },
  { name: "input_tokens", read: ({ tokens }) => String(tokens.input) },
  { name: "output_tokens", read: ({ tokens }) => String(tokens.output) },
  { name: "cached_tokens", read: ({ tokens }) => String(tokens.cached) },
  { name: "cache_write_tokens", read: ({ tokens }) => String(tokens.cacheWrite) },
  { name: "cost_usd", read: ({ cost }) => (cost === null ? "" : formatDollars(cost)) },
  { name: "unpriced_requests", read: ({ unpricedRequests }) => String(unpricedRequests) },
];

/** The detail rows as CSV (RFC 4180, UTF-8, lines end with a line feed): a header row, then one row a key. */
export function renderCsv({ rows }: Pick<ChargebackReport, "rows">): string {
  return stringify([COLUMNS.map(({ name }) => name), ...rows.map((row) => COLUMNS.map(({ read }) => read(row)))], {
    // Without quotes a lone carriage return would end the row for some readers.
    quoted_match: /[\r\n]/,
  });
}

/** Line ends and tabs are data that quotes can hold; other control characters make readers refuse the whole file. */
function neutralise(text: string): string {
  const cell = spellControls(text);
  return FORMULA_START.test(cell) ? `'${cell}` : cell;
}
