import { join } from "node:path";
import { checkTeams } from "../../allocation/settings/check-teams.ts";
import { checkDirectory, type CheckedDirectory } from "../../allocation/shares/default-decisions.ts";
import type { CallerOfUsage } from "../../allocation/settings/directory.ts";
import { settingsAt } from "../../allocation/settings/in-force.ts";
import { listCallers } from "../../allocation/explanation/read-team.ts";
import { fetchPolicy, showPolicy } from "../../aperture/gateway/fetch-policy.ts";
import type { Config } from "../../config/config.ts";
import { withDuckDb } from "../../ledger/sql/duckdb.ts";
import { ALLOCATIONS } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { withWorkspace } from "../../storage/workspace.ts";
import { allocationSettings } from "../../open/allocation-settings.ts";
import { openLake } from "../../open/open-stores.ts";
import type { Finding } from "./finding.ts";
import { listSome } from "../../ledger/text/list-some.ts";

const CHECK = "directory";

/** Shows who is in which team now, for whom the default decides, and who is in no team. */
export async function findInDirectory(config: Config, now: Date): Promise<Finding[]> {
  const { policy, teams } = config.directory;
  if (policy === undefined && teams.length === 0) {
    return [{ check: CHECK, state: "attention", finding: "no teams", remedy: "set directory: without it everything is (unallocated)" }];
  }
  const read = policy === undefined ? [] : [{ date: "1970-01-01", ...(await fetchPolicy(policy)) }];
  const settings = allocationSettings(config, read);
  checkTeams(settings);
  const callers = await callersOfLastMonth(await openLake(config));
  const from = policy === undefined ? "" : `, groups and tags of ${showPolicy(policy)}`;
  return describe(checkDirectory(settingsAt(settings, now.getTime()), callers), from);
}

function describe({ teams, byDefault, nobodys, unknownGroups }: CheckedDirectory, from: string): Finding[] {
  const findings: Finding[] = [{ check: CHECK, state: "ok", finding: `${String(teams.length)} teams${from}: ${listSome(teams)}` }];
  if (unknownGroups.length > 0) {
    findings.push({
      check: CHECK,
      state: "attention",
      finding: `${listSome(unknownGroups)} ${unknownGroups.length === 1 ? "is a member of a team, but not a group" : "are members of teams, but not groups"} of the policy`,
      remedy: "nobody is in it: correct the name, or set directory.policy",
    });
  }
  if (byDefault.length > 0) {
    findings.push({
      check: CHECK,
      state: "attention",
      finding: `the default decides for ${listSome(byDefault.map(({ caller, teams: of, pay }) => `${caller} (of ${of.join(" and ")}: ${pay.join(" and ")})`))}`,
      remedy: "if that is not intended, add a rule to allocation.rules or set allocation.several",
    });
  }
  if (nobodys.length > 0) {
    findings.push({ check: CHECK, state: "attention", finding: `in no team: ${listSome(nobodys)}`, remedy: "they are (unallocated): add them to a team or write a rule" });
  }
  return findings;
}

/** Devices with several tags, and people whom no group or team names, are only known from their usage. */
async function callersOfLastMonth(lake: ObjectStore): Promise<CallerOfUsage[]> {
  let last: string | undefined;
  for await (const { key } of lake.list(ALLOCATIONS)) last = key;
  if (last === undefined) return [];
  const key = last;
  return await withWorkspace(async (workspace) => {
    const file = join(workspace, "allocations.parquet");
    await lake.download(key, file);
    return await withDuckDb({ temporaryDirectory: workspace }, (duck) => listCallers(duck, file));
  });
}
