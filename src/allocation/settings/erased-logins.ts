import { meantText } from "../../ledger/names/written-name.ts";
import type { AllocationSettings, Condition, Membership } from "./settings.ts";

/**
 * Adds the pseudonym wherever the settings name its login, so that an erased caller keeps the same teams and rules. A pattern is left
 * unchanged unless it equals a login: patterns over domains match pseudonyms already.
 */
export function withPseudonyms({ pseudonymOf, ...settings }: AllocationSettings): AllocationSettings {
  if (pseudonymOf === undefined) return settings;
  const beside = (name: string): string[] => {
    const pseudonyms = new Set([name, meantText(name)].flatMap((login) => pseudonymOf(login.toLowerCase()) ?? []));
    return [name, ...pseudonyms];
  };
  const besideAll = (lists: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> =>
    new Map([...lists].map(([name, logins]) => [name, logins.flatMap(beside)]));
  const besideMember = (member: Membership): Membership[] =>
    typeof member === "string" ? beside(member) : beside(member.member).map((name) => ({ ...member, member: name }));
  const conditional = <Settings extends { when: Condition }>(list: readonly Settings[]): Settings[] => list.map((one) => ({ ...one, when: besideCaller(one.when, beside) }));
  return {
    ...settings,
    teams: settings.teams.map((team) => ({ ...team, members: team.members.flatMap(besideMember) })),
    rules: conditional(settings.rules),
    pools: conditional(settings.pools),
    adjustments: conditional(settings.adjustments),
    ...(settings.charges === undefined ? {} : { charges: conditional(settings.charges) }),
    policies: settings.policies.map(({ date, policy: { groups, tagOwners } }) => ({ date, policy: { groups: besideAll(groups), tagOwners: besideAll(tagOwners) } })),
  };
}

function besideCaller(when: Condition, beside: (name: string) => string[]): Condition {
  const caller = when.get("caller");
  if (caller === undefined || caller === null) return when;
  const named = [caller].flat();
  const both = named.flatMap(beside);
  return both.length === named.length ? when : new Map([...when, ["caller", both]]);
}
