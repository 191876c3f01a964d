import { recordOf } from "../../ledger/record-of.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { formatBillionths, formatDollarsOrNull } from "../../ledger/money.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "./allocation-figures.ts";
import type { Charge } from "./figures.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import type { ChargebackReport } from "./report.ts";

declare global {
  interface JSON {
    /** Node.js has it since version 21; TypeScript does not declare it yet. */
    rawJSON(text: string): unknown;
  }
}

/** The JSON report's members that are about teams, tags and dimensions. Counts may have up to nine decimals, written out in full. */
export function describeAllocations({ byTeam, byTag, byTagAddsUp, byDimension }: ChargebackReport): Record<string, unknown> {
  return {
    by_team: describeRows(byTeam, ({ team, costCenter }) => ({ team, cost_center: costCenter })),
    by_tag: describeRows(byTag, (key) => key),
    by_tag_adds_up: byTagAddsUp,
    by_dimension: byDimension.map(({ name, rows }) => ({ name, rows: describeRows(rows, (key) => key) })),
  };
}

/** What is owed, with what it is made of. */
export function describeOwed(figures: AllocatedFigures): object {
  return {
    owed_usd: formatDollarsOrNull(sumOwed(figures).cost),
    adjustments_usd: formatDollarsOrNull(figures.adjustments),
    list_value_usd: formatDollarsOrNull(sumListValue(figures).cost),
  };
}

export function describeRows<Key>(summary: AllocatedSummary<Key>, describeKey: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...describeKey(key), ...describeFigures(figures) }));
}

export function describeFigures(figures: AllocatedFigures): object {
  const { tokens, billing } = figures;
  const { requests, ...charge } = describeCharge(figures);
  return {
    ...describeOwed(figures),
    requests,
    ...recordOf(REPORTED_COLUMNS, ({ name }) => name, ({ reportedAs }) => writeCount(tokens[reportedAs])),
    ...charge,
    billing: Object.fromEntries(BILLINGS.map((kind) => [kind, describeCharge(billing[kind])])),
  };
}

function describeCharge({ requests, cost, unpricedRequests }: Charge): Record<string, unknown> {
  return { requests: writeCount(requests), cost_usd: formatDollarsOrNull(cost), unpriced_requests: writeCount(unpricedRequests) };
}

export function writeCount(billionths: bigint): unknown {
  return JSON.rawJSON(formatBillionths(billionths));
}
