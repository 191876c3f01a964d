import { describeProblem } from "../../health/conditions/health-words.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import type { LedgerStatus } from "../../run/ledger-status.ts";
import { firstLines } from "../first-lines.ts";

/** Lines about conditions of the ledger itself: the problem, since when it exists, and what to do. */
export function describeHealth(conditions: LedgerStatus["health"]): string[] {
  return firstLines(conditions, (condition) => [
    visibleText(`${condition.kind.padEnd(12)} ${condition.subject}: ${describeProblem(condition, condition.members)}, since ${condition.since.slice(0, 16)}Z`),
    `             → ${condition.remedy}`,
  ]);
}
