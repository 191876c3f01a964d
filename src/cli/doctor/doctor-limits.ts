import { fetchPolicy } from "../../aperture/gateway/fetch-policy.ts";
import type { Config } from "../../config/config.ts";
import { budgetsInForce } from "../../limits/budgets/evaluations.ts";
import { loadPolicySnapshots } from "../../lake/records/policy-snapshots.ts";
import { allocationSettings } from "../../open/allocation-settings.ts";
import { openLake } from "../../open/open-stores.ts";
import { budgetsOf, findUnknownTeams } from "../../open/configured-budgets.ts";
import type { Finding } from "./finding.ts";

const CHECK = "limits";

/** Shows the number of budgets, and each budget that cannot work. */
export async function findInLimits(config: Config, now: Date): Promise<Finding[]> {
  if (config.limits.length === 0) return [];
  const { policy } = config.directory;
  const policies = policy === undefined ? [] : [...(await loadPolicySnapshots(await openLake(config))), { date: "1970-01-01", ...(await fetchPolicy(policy)) }];
  const unknown = findUnknownTeams(config, allocationSettings(config, policies));
  if (unknown.length > 0) return unknown.map(({ message, remedy }) => ({ check: CHECK, state: "failed", finding: message, remedy }));
  const idle = config.limits.length - budgetsInForce(budgetsOf(config), now).length;
  return [{ check: CHECK, state: "ok", finding: `${String(config.limits.length)} budgets${idle === 0 ? "" : `, ${String(idle)} of them not in force now`}` }];
}
