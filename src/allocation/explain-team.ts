import { join } from "node:path";
import { describeRules, listMembers, listReasons, type CallerReason, type Reason } from "./explanation/team-explanation.ts";
import { RecordRanking, type TeamRecord } from "./explanation/rank-records.ts";
import { listTeams, readTeam, type TeamRow } from "./explanation/read-team.ts";
import { settingsAt } from "./settings/in-force.ts";
import { openDirectory, type Team } from "./settings/directory.ts";
import { boundMonth, type Month, utcDates } from "../ledger/months.ts";
import { requireDollars } from "../ledger/dollars.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type AllocationManifest, directByTeam } from "../lake/months/allocation-manifest.ts";
import { downloadWritten } from "../lake/download-written.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { allocateMonth } from "./allocate-months.ts";
import { findCorrections } from "../chargeback/correct-months.ts";
import type { Ledger } from "../open/ledger.ts";
import { listSome } from "../ledger/text/list-some.ts";

export interface ExplainedTeam {
  month: Month;
  /** The team at the end of the month; undefined for `(unallocated)`, and for a team that no longer exists. */
  team: Team | undefined;
  rows: TeamRow[];
  reasons: Reason[];
  /** The applied rules, pools and adjustments, by name. */
  rules: Map<string, string>;
  members: CallerReason[];
  records: readonly TeamRecord[];
  manifest: AllocationManifest;
}

/**
 * Explains a team's figures of a month.
 * @param most number of its most expensive records to list.
 * Throws `usage` for a team without figures in the month.
 */
export async function explainTeam(ledger: Ledger, monthName: string, team: string, most: number): Promise<ExplainedTeam> {
  const { stores: { lake }, rules: { allocation } } = ledger;
  const month = boundMonth(monthName, allocation.timezone);
  const days = [...(await loadLedgerState(lake)).days.values()];
  const manifest = await allocateMonth(ledger, month, days).catch(async (error: unknown) => {
    if (error instanceof LedgerError && error.code === "month_empty" && (await findCorrections(lake, monthName)) !== undefined) throw correctionsAlone(month, error);
    throw error;
  });
  return await withWorkspace(async (workspace) => {
    const table = join(workspace, "allocations.parquet");
    await downloadWritten(lake, manifest.allocations, table);
    return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
      const rows = await readTeam(duck, table, team);
      if (rows.length === 0) throw teamEmpty(team, month, await listTeams(duck, table));
      const ranking = new RecordRanking({ team, callers: [...new Set(rows.map(({ caller }) => caller))], most, direct: directCosts(manifest) }, allocation, month);
      const dates = new Set(utcDates(month));
      for (const { usage } of most === 0 ? [] : days.filter(({ date }) => dates.has(date))) {
        const file = join(workspace, "usage.parquet");
        await downloadWritten(lake, usage, file);
        await ranking.look(duck, file, month);
      }
      return {
        month,
        team: openDirectory(settingsAt(allocation, month.to.getTime() - 1)).teams.get(team),
        rows,
        reasons: listReasons(rows),
        rules: describeRules(new Set(rows.map(({ rule }) => rule)), allocation, month),
        members: listMembers(rows, team, allocation, month),
        records: ranking.ranked,
        manifest,
      };
    });
  });
}

function directCosts({ month, totals }: AllocationManifest): Map<string, bigint> {
  const remedy = "restore the month's manifest, or delete it: the month is then allocated again";
  return new Map(
    [...directByTeam(totals.direct_usd)].map(([team, dollars]) => [
      team,
      requireDollars(dollars, { what: `the direct cost of ${team} in the allocations of ${month}`, code: "manifest_unreadable", remedy }),
    ]),
  );
}

function correctionsAlone({ name }: Month, cause: LedgerError): LedgerError {
  return new LedgerError("month_empty", `there is no usage in ${name}, only corrections of closed months`, {
    remedy: `aperture-ledger chargeback --month ${name} has them with their reasons, aperture-ledger chargeback diff explains a closed month`,
    cause,
  });
}

function teamEmpty(team: string, { name }: Month, teams: readonly string[]): LedgerError {
  return new LedgerError("usage", `${JSON.stringify(team)} pays for nothing in ${name}`, {
    remedy: teams.length === 0 ? "there is no usage in that month: see aperture-ledger status" : `teams that pay are ${listSome(teams)}`,
  });
}
