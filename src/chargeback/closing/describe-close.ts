import { type AllocatedFigures, sumListValue, sumOwed } from "../report/allocation-figures.ts";
import { countQuarantined } from "../report/data-quality.ts";
import type { ChargebackReport } from "../report/report.ts";
import type { CloseRecord } from "../../lake/records/close-record.ts";
import { formatDollars } from "../../ledger/money.ts";

/** What a close record says of the figures that were closed. */
export function describeTotals({ allocated, byTeam }: ChargebackReport): CloseRecord["totals"] {
  return {
    ...describeFigures(allocated),
    teams: byTeam.map(({ key: { team, costCenter }, figures }) => ({ team, cost_center: costCenter, ...describeFigures(figures) })),
  };
}

function describeFigures(figures: AllocatedFigures): { owed_usd: string; list_value_usd: string } {
  return {
    owed_usd: formatDollars(sumOwed(figures).cost ?? 0n),
    list_value_usd: formatDollars(sumListValue(figures).cost ?? 0n),
  };
}

/** What the figures may lack: it keeps no month from being closed. */
export function describeAttention({ quality, total, byTeam }: ChargebackReport): CloseRecord["attention"] {
  const unallocated = byTeam.at(-1);
  return {
    damaged_exports: quality.damaged.length,
    quarantined_records: countQuarantined(quality.quarantined),
    unpriced_requests: Number(total.unpricedRequests),
    unallocated_owed_usd: formatDollars((unallocated === undefined ? null : sumOwed(unallocated.figures).cost) ?? 0n),
    days_without_usage: quality.daysWithoutUsage,
  };
}
