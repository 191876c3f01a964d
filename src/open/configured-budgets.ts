import { knownTeams } from "../allocation/settings/check-teams.ts";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { Config } from "../config/config.ts";
import { requireDollars } from "../ledger/dollars.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { Budget } from "../limits/budgets/budget.ts";
import type { Nanodollars } from "../ledger/money.ts";
import { UNALLOCATED } from "../ledger/names/unassigned.ts";
import { meantText } from "../ledger/names/written-name.ts";
import { type ConfigPath, describePlace } from "../config/reading/config-places.ts";
import { listSome } from "../ledger/text/list-some.ts";

/** The configured budgets. Throws `config_invalid` for a budget over an unknown team. */
export function configuredBudgets(config: Config, allocation: AllocationSettings): Budget[] {
  const [first, ...others] = findUnknownTeams(config, allocation);
  if (first === undefined) return budgetsOf(config).map((budget) => ({ ...budget, ...pseudonymsIn(budget.scope, allocation) }));
  throw new LedgerError("config_invalid", [first, ...others].map(({ message }) => message).join("\n"), { remedy: first.remedy });
}

export function budgetsOf({ limits, timezone }: Pick<Config, "limits" | "timezone">): Budget[] {
  return limits.map(({ amount, ...limit }) => ({ ...limit, timezone: limit.timezone ?? timezone, amount: readAmount(limit.name, String(amount)) }));
}

function readAmount(budget: string, written: string): Nanodollars {
  return requireDollars(written.replace("$", ""), {
    what: `the amount of the budget ${budget}`,
    code: "config_invalid",
    remedy: 'write dollars such as 500 or "$499.50"',
  });
}

/** The pseudonyms of those callers in a scope that were erased. */
function pseudonymsIn(scope: Budget["scope"], { pseudonymOf }: AllocationSettings): Pick<Budget, "pseudonyms"> {
  const caller = scope.get("caller");
  if (caller === undefined || caller === null || pseudonymOf === undefined) return {};
  return { pseudonyms: [caller].flat().flatMap((name) => [name, meantText(name)]).flatMap((login) => pseudonymOf(login.toLowerCase()) ?? []) };
}

export interface UnknownTeam {
  message: string;
  remedy: string;
}

/** Each team in the scope of a budget that neither the configuration nor any policy knows. */
export function findUnknownTeams(config: Config, allocation: AllocationSettings): UnknownTeam[] {
  const known = knownTeams(allocation);
  return config.limits.flatMap(({ scope }, index) =>
    teamsNamed(scope.get("team"), ["limits", index, "scope", "team"])
      .filter(({ name }) => !known.has(name) && name !== UNALLOCATED)
      .map(({ name, path }) => ({
        message: `${describePlace(config, path)} names the team ${JSON.stringify(name)}, which is neither in directory.teams nor a group of the policy`,
        remedy: `correct the name or add the team; known teams are ${listSome([...known].sort()) || "none"}`,
      })),
  );
}

function teamsNamed(team: string | readonly string[] | null | undefined, path: ConfigPath): { name: string; path: ConfigPath }[] {
  if (team === undefined || team === null) return [];
  return typeof team === "string" ? [{ name: team, path }] : team.map((name, index) => ({ name, path: [...path, index] }));
}
