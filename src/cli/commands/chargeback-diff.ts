import { type CauseOfDifference, diffMonths, type MonthsDiff, type NamedState } from "../../chargeback/diff-months.ts";
import type { Compared } from "../../chargeback/corrections/compare-figures.ts";
import type { Clock } from "../../ledger/clock.ts";
import { formatBillionths, formatDollars, signDollar } from "../../ledger/money.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJson } from "../terminal.ts";
import { openReporting } from "./chargeback.ts";

/** Shows the differences between two states of months. */
export async function chargebackDiff(a: string, b: string, flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const diff = await diffMonths(await openReporting(await loadSettings(flags), clock), a, b);
  if (flags.json) printJson(describeJson(diff));
  else print(...describeDiff(diff));
  return 0;
}

/** Limit of rows of each kind in the text; JSON has all of them. */
const MOST_ROWS = 10;

export function describeDiff({ a, b, isSame, total, byTeam, byModel, byCaller, byCause }: MonthsDiff): string[] {
  const [one, other] = [showState(a), showState(b)];
  if (isSame) return [`diff         ${one} and ${other} are the same, in every column of every row`];
  return [
    `diff         ${one} to ${other}`,
    describeRow("owed", total),
    ...byCause.map(describeCause),
    ...listRows("team", byTeam),
    ...listRows("model", byModel),
    ...listRows("caller", byCaller),
  ];
}

function showState({ month, view }: NamedState): string {
  return `${month}@${view}`;
}

function describeCause({ cause, reason, difference, listValueDifference, rows }: CauseOfDifference): string {
  return `because      ${signed(difference).padStart(18)}${listValue(listValueDifference)}  ${cause}: ${reason}, ${String(rows)} rows`;
}

function listRows(kind: string, rows: readonly Compared[]): string[] {
  const shown = rows.slice(0, MOST_ROWS).map((row) => describeRow(kind, row));
  if (rows.length <= MOST_ROWS) return shown;
  const rest = rows.slice(MOST_ROWS).reduce((sum, { difference }) => sum + difference, 0n);
  return [...shown, `${kind.padEnd(13)}${signed(rest).padStart(18)}  ${String(rows.length - MOST_ROWS)} more: --json has them`];
}

function describeRow(kind: string, { key, was, is, difference, listValueDifference, requestsDifference }: Compared): string {
  const name = key.length === 0 ? "" : `${key.join(" ")}, `;
  const requests = requestsDifference === 0n ? "" : `, ${formatBillionths(requestsDifference)} requests`;
  return `${kind.padEnd(13)}${signed(difference).padStart(18)}${listValue(listValueDifference)}  ${name}was ${dollars(was)}, is ${dollars(is)}${requests}`;
}

function listValue(difference: bigint): string {
  return difference === 0n ? "" : ` (list value ${signed(difference)})`;
}

function dollars(amount: bigint): string {
  return signDollar(formatDollars(amount));
}

function signed(amount: bigint): string {
  return amount > 0n ? `+${dollars(amount)}` : dollars(amount);
}

function describeJson({ a, b, isSame, total, byTeam, byModel, byCaller, byCause }: MonthsDiff): object {
  return {
    a: showState(a),
    b: showState(b),
    same: isSame,
    total: describeFigures(total),
    by_cause: byCause.map(({ cause, reason, difference, listValueDifference, rows }) => ({
      cause,
      reason,
      difference_usd: formatDollars(difference),
      list_value_difference_usd: formatDollars(listValueDifference),
      rows,
    })),
    by_team: byTeam.map((row) => ({ team: row.key[0], ...describeFigures(row) })),
    by_model: byModel.map((row) => ({ provider: row.key[0], model: row.key[1], ...describeFigures(row) })),
    by_caller: byCaller.map((row) => ({ caller: row.key[0], ...describeFigures(row) })),
  };
}

function describeFigures({ was, is, difference, listValueDifference, requestsDifference }: Compared): object {
  return {
    was_usd: formatDollars(was),
    is_usd: formatDollars(is),
    difference_usd: formatDollars(difference),
    list_value_difference_usd: formatDollars(listValueDifference),
    requests_difference: formatBillionths(requestsDifference),
  };
}
