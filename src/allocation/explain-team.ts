import { join } from "node:path";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { type CloseRecord, findClose } from "../lake/records/close-record.ts";
import { LedgerError } from "../ledger/errors.ts";
import { boundMonth, type Month } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { listSome } from "../ledger/text/list-some.ts";
import type { Ledger } from "../open/ledger.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { type ExplainedRecords, explainRecords } from "./explaining/explain-records.ts";
import { type MonthSources, openMonthClosed, openMonthNow } from "./explaining/month-sources.ts";
import { listTeamCorrections, type TeamCorrection } from "./explaining/team-corrections.ts";
import { listTeams, readTeam, type TeamRow, withPseudonym } from "./explanation/read-team.ts";
import { type CallerReason, describeRules, listMembers, listReasons, type Reason, type RuleVersion } from "./explanation/team-explanation.ts";
import { openDirectory, type Team } from "./settings/directory.ts";
import { settingsAt } from "./settings/in-force.ts";

export interface ExplainedTeam {
  month: Month;
  /** The close whose settings, records and figures are used; null for an open month. */
  close: CloseRecord | null;
  /** The team at the end of the month; undefined for `(unallocated)`, and for a team that no longer exists. */
  team: Team | undefined;
  rows: TeamRow[];
  reasons: Reason[];
  /** The applied rules, pools, adjustments and charges, ordered by name and date. */
  rules: RuleVersion[];
  members: CallerReason[];
  records: ExplainedRecords;
  /** Corrections that other months book for this one; never part of the rows. */
  corrections: TeamCorrection[];
  madeFrom: MonthSources["madeFrom"];
}

/** Uses as much memory as a report of the month. */
const MOST_MEMORY_MIB = 500;

/**
 * Explains a team's figures for a month. A closed month is explained as it was closed, and its corrections are listed separately. @param most how
 * many of its most expensive records to list; with 0 no records are read.
 * Throws `usage` for a team without figures in the month.
 */
export async function explainTeam(ledger: Ledger, monthName: string, team: string, most: number): Promise<ExplainedTeam> {
  const { stores: { lake } } = ledger;
  boundMonth(monthName, ledger.rules.allocation.timezone);
  const close = await findClose(lake, monthName);
  const corrections = close === undefined ? [] : await listTeamCorrections(ledger, monthName, team);
  const days = [...(await loadLedgerState(lake)).days.values()];
  const sources = close === undefined ? await openMonthNow(ledger, monthName, days) : await openMonthClosed(ledger, close, days);
  const { month, allocation } = sources;
  return await withWorkspace(async (workspace) => {
    const table = join(workspace, "allocations.parquet");
    await sources.fetchTable(table);
    return await withDuckDb({ temporaryDirectory: workspace, mostMemoryMiB: MOST_MEMORY_MIB }, async (duck) => {
      const closed = await readTeam(duck, table, team);
      if (closed.length === 0 && corrections.length === 0) throw teamEmpty(team, month, await listTeams(duck, table));
      const rows = closed.map((row) => withPseudonym(row, allocation.pseudonymOf));
      return {
        month,
        close: sources.close,
        team: openDirectory(settingsAt(allocation, month.to.getTime() - 1)).teams.get(team),
        rows,
        reasons: listReasons(rows),
        rules: describeRules(new Set(rows.map(({ rule }) => rule)), allocation, month),
        members: listMembers(rows, team, allocation, month),
        records: await explainRecords(duck, sources, { team, most, rows: closed }, workspace),
        corrections,
        madeFrom: sources.madeFrom,
      };
    });
  });
}

function teamEmpty(team: string, { name }: Month, teams: readonly string[]): LedgerError {
  return new LedgerError("usage", `${JSON.stringify(team)} pays for nothing in ${name}`, {
    remedy: teams.length === 0 ? "there is no usage in that month: see aperture-ledger status" : `teams that pay are ${listSome(teams)}`,
  });
}
