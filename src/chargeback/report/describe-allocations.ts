import { formatDollars, type Nanodollars } from "../../ledger/money.ts";
import { type AllocatedFigures, type AllocatedSummary, sumListValue, sumOwed } from "./allocation-figures.ts";
import type { RequestCost } from "./figures.ts";
import { BILLINGS } from "../../ledger/usage/usage-record.ts";
import { formatBillionths } from "./format-figures.ts";
import type { ChargebackReport } from "./report.ts";

declare global {
  interface JSON {
    /** Node.js has it since version 21; TypeScript does not declare it yet. */
    rawJSON(text: string): unknown;
  }
}

/** The JSON report's members that are about teams, tags and dimensions. Counts may have up to nine decimals, written out in full. */
export function allocationsToJson({ byTeam, byTag, byTagAddsUp, byDimension }: ChargebackReport): Record<string, unknown> {
  return {
    by_team: allocatedRowsToJson(byTeam, ({ team, costCenter }) => ({ team, cost_center: costCenter })),
    by_tag: allocatedRowsToJson(byTag, (key) => key),
    by_tag_adds_up: byTagAddsUp,
    by_dimension: byDimension.map(({ name, rows }) => ({ name, rows: allocatedRowsToJson(rows, (key) => key) })),
  };
}

/** What is owed, with what it is made of. */
export function owedToJson(figures: AllocatedFigures): object {
  return {
    owed_usd: amountToJson(sumOwed(figures).cost),
    adjustments_usd: amountToJson(figures.adjustments),
    list_value_usd: amountToJson(sumListValue(figures).cost),
  };
}

export function allocatedRowsToJson<Key>(summary: AllocatedSummary<Key>, keyToJson: (key: Key) => object): object[] {
  return summary.map(({ key, figures }) => ({ ...keyToJson(key), ...allocatedToJson(figures) }));
}

export function allocatedToJson(figures: AllocatedFigures): object {
  const { tokens, billing } = figures;
  const { requests, ...charge } = sharesToJson(figures);
  return {
    ...owedToJson(figures),
    requests,
    input_tokens: countToJson(tokens.input),
    output_tokens: countToJson(tokens.output),
    cached_tokens: countToJson(tokens.cached),
    cache_write_tokens: countToJson(tokens.cacheWrite),
    ...charge,
    billing: Object.fromEntries(BILLINGS.map((kind) => [kind, sharesToJson(billing[kind])])),
  };
}

function sharesToJson({ requests, cost, unpricedRequests }: RequestCost): Record<string, unknown> {
  return { requests: countToJson(requests), cost_usd: amountToJson(cost), unpriced_requests: countToJson(unpricedRequests) };
}

function amountToJson(cost: Nanodollars | null): string | null {
  return cost === null ? null : formatDollars(cost);
}

export function countToJson(billionths: bigint): unknown {
  return JSON.rawJSON(formatBillionths(billionths));
}
