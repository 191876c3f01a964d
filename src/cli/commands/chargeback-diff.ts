import { type CauseOfDifference, diffMonths, type MonthsDiff, type NamedState } from "../../chargeback/diff-months.ts";
import type { Compared } from "../../chargeback/corrections/compare-figures.ts";
import type { Clock } from "../../ledger/clock.ts";
import { formatBillionths, formatDollars } from "../../ledger/money.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { printDifference, roundAlone } from "../../chargeback/report/rounding.ts";
import { monthOfState } from "../month-of-flag.ts";
import { presentation } from "../presentation.ts";
import { firstItems, firstLines, label } from "../first-lines.ts";
import { showDifference, showMoney, showParts } from "../shown-money.ts";
import { print, printJson } from "../terminal.ts";
import { openReporting } from "./chargeback.ts";
import { closedJson, describeClosed } from "./describe-closed.ts";

/** Limit of rows of each kind without `--all`. */
const MOST_ROWS = 10;
const width = (): number => (presentation().exact ? 18 : 12);

/** Shows the differences between two states of months. */
export async function chargebackDiff(a: string, b: string, flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const [one, other] = [a, b].map((state) => monthOfState(state, config.timezone, clock()));
  const diff = await diffMonths(await openReporting(config, clock), one ?? a, other ?? b);
  if (flags.json) printJson(describeJson(diff));
  else print(...describeDiff(diff));
  return 0;
}

export function describeDiff({ a, b, isSame, total, byTeam, byModel, byCaller, byCause }: MonthsDiff): string[] {
  const [one, other] = [showState(a), showState(b)];
  if (isSame) return [`diff         ${one} and ${other} are the same, in every column of every row`];
  const cents = printDifference(total.was, total.is, roundAlone);
  const causes = showParts(byCause.map(({ difference }) => difference), cents, showDifference);
  return [
    `diff         ${one} to ${other}`,
    ...new Set([a, b].flatMap(({ month, close }) => (close === null ? [] : [`closed       ${month} ${describeClosed(close)}`]))),
    ...listRows("owed", [total], cents),
    ...firstLines([...byCause.entries()], ([index, cause]) => describeCause(cause, causes[index] ?? "")),
    ...listRows("team", byTeam, cents),
    ...listRows("model", byModel, cents),
    ...listRows("caller", byCaller, cents),
  ];
}

function showState({ month, view }: NamedState): string {
  return `${month}@${view}`;
}

function describeCause({ cause, reason, listValueDifference, rows }: CauseOfDifference, difference: string): string {
  return `${label("because")}${difference.padStart(width())}${listValue(listValueDifference)}  ${cause}: ${reason}, ${String(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** Each kind shares out the cents of the whole difference, so that the shown rows and the sum of the others add up to it. */
function listRows(kind: string, rows: readonly Compared[], total: bigint): string[] {
  const { shown, left } = firstItems(rows, MOST_ROWS);
  const rest = rows.slice(shown.length).reduce((sum, { difference }) => sum + difference, 0n);
  const differences = showParts([...shown.map(({ difference }) => difference), ...(left === 0 ? [] : [rest])], total, showDifference);
  const lines = shown.map((row, index) => describeRow(kind, row, differences[index] ?? ""));
  return left === 0 ? lines : [...lines, `${label(kind)}${(differences.at(-1) ?? "").padStart(width())}  and ${String(left)} more: --all`];
}

function describeRow(kind: string, { key, was, is, listValueDifference, requestsDifference }: Compared, difference: string): string {
  const name = key.length === 0 ? "" : `${key.join(" ")}, `;
  const requests = requestsDifference === 0n ? "" : `, ${formatBillionths(requestsDifference)} requests`;
  return `${label(kind)}${difference.padStart(width())}${listValue(listValueDifference)}  ${name}was ${showMoney(was)}, is ${showMoney(is)}${requests}`;
}

function listValue(difference: bigint): string {
  return difference === 0n ? "" : ` (list value ${showDifference(difference)})`;
}

function describeJson({ a, b, isSame, total, byTeam, byModel, byCaller, byCause }: MonthsDiff): object {
  return {
    a: showState(a),
    b: showState(b),
    a_closed: a.close && closedJson(a.close),
    b_closed: b.close && closedJson(b.close),
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
