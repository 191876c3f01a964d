import type { ExplainedTeam } from "../../allocation/explain-team.ts";
import { nameAdjustment } from "../../allocation/explanation/adjusted-bases.ts";
import { sumOthers, type TeamRecord } from "../../allocation/explanation/rank-records.ts";
import { kindOfMoney, MONEY_KINDS, sumExplained } from "../../allocation/explanation/sum-explained.ts";
import type { RuleVersion } from "../../allocation/explanation/team-explanation.ts";
import { recordOf } from "../../ledger/record-of.ts";
import { formatDollars, formatDollarsOrNull } from "../../ledger/money.ts";
import { closedJson } from "./describe-closed.ts";

/** A team's explanation with exact figures, for programs. */
export function explainedJson(explained: ExplainedTeam, name: string): object {
  const { month, close, team, rows, reasons, rules, members, records, corrections, madeFrom } = explained;
  const sum = sumExplained(rows);
  const correctedBy = corrections.reduce((all, { owed }) => all + owed, 0n);
  return {
    month: month.name,
    timezone: month.timezone,
    closed: close && closedJson(close),
    team: name,
    cost_center: team?.costCenter ?? null,
    owner: team?.owner ?? null,
    owed_usd: formatDollars(sum.owed),
    adjustments_usd: formatDollars(sum.byKind.adjustments),
    ...(sum.byKind.charges === 0n ? {} : { charges_usd: formatDollars(sum.byKind.charges) }),
    list_value_usd: formatDollars(sum.listValue),
    caller_key_usd: formatDollars(sum.byKind.caller_key),
    by_kind: recordOf(MONEY_KINDS, (kind) => kind, (kind) => formatDollars(sum.byKind[kind])),
    requests: formatDollars(sum.requests),
    unpriced_requests: formatDollars(sum.unpriced),
    because: reasons.map(({ cost, requests, ...reason }) => ({ ...reason, kind: kindOfMoney(reason), adjusted_usd: adjustedOf(explained, reason), cost_usd: formatDollarsOrNull(cost), requests: formatDollars(requests) })),
    rules: Object.fromEntries(rules.map((rule): [string, unknown] => [rule.name, JSON.parse(rule.written)])),
    rule_versions: rules.map(versionJson),
    callers: members,
    rows: rows.map(({ share, cost_usd, requests, unpriced_requests, ...row }) => ({
      ...row,
      share: formatDollars(share),
      cost_usd: formatDollarsOrNull(cost_usd),
      requests: formatDollars(requests),
      unpriced_requests: formatDollars(unpriced_requests),
    })),
    records: "why" in records ? [] : records.listed.map(recordJson),
    ...recordsJson(records),
    corrections: corrections.map(({ booking, bookedBy, cause, reason, owed, listValue, rows: count }) => ({
      booked_in: booking,
      booked_by: bookedBy,
      cause,
      reason,
      owed_usd: formatDollars(owed),
      list_value_usd: formatDollars(listValue),
      rows: count,
    })),
    corrected_owed_usd: formatDollars(sum.owed + correctedBy),
    made_from: madeFrom,
  };
}

function adjustedOf({ records }: ExplainedTeam, reason: { method: string; rule: string; base: string | null }): string | null {
  if ("why" in records || reason.method !== "adjustment") return null;
  return formatDollarsOrNull(records.bases.get(nameAdjustment(reason)) ?? null);
}

function versionJson({ name, kind, from, until, written }: RuleVersion): object {
  const setting: unknown = JSON.parse(written);
  return { name, kind, from: from ?? null, until: until ?? null, setting };
}

/** The sums of the records that are not listed, or why there are no records. */
function recordsJson(records: ExplainedTeam["records"]): object {
  if ("why" in records) return { records_unknown: records.why, other_records: null };
  const { count, owed, listValue } = sumOthers(records);
  return { records_unknown: null, other_records: { count, owed_usd: formatDollars(owed), list_value_usd: formatDollars(listValue) }, rebuilt_days: records.rebuiltDays };
}

function recordJson({ usage, at, captureId, recordId, export: from, cost, share, part, adjustments }: TeamRecord): object {
  return {
    at,
    instance: usage.instance,
    caller: usage.caller,
    model: usage.model,
    billing: usage.billing,
    dimensions: usage.dimensions,
    capture_id: captureId,
    record_id: recordId === null ? null : String(recordId),
    export: from,
    cost_usd: formatDollars(cost),
    share: formatDollars(share),
    part_usd: formatDollars(part),
    adjustments_usd: formatDollars(adjustments),
  };
}
