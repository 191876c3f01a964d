import { isPattern } from "../../ledger/names/written-name.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import type { AccessAttempt } from "./access-use.ts";

const RESOLVED_AUTOGROUPS: readonly string[] = ["autogroup:member", "autogroup:tagged"];

/** In lower case; an address among them certainly belongs to a person. */
export type KnownPeople = ReadonlySet<string>;

/** Everybody with a request, and the members of the policy's groups. */
export function knownPeople(attempts: readonly Pick<AccessAttempt, "caller">[], policy: TailnetPolicy | null): KnownPeople {
  const members = policy === null ? [] : [...policy.groups.values()].flat();
  return new Set([...attempts.map(({ caller }) => caller), ...members].map((login) => login.toLowerCase()));
}

/**
 * Whether only Tailscale can resolve an entry of `src`: other autogroups, groups that no policy lists, hosts and addresses, and e-mail addresses that
 * belong to no known person, since a SCIM group is also written as an e-mail address.
 */
export function isUnresolved(entry: string, policy: TailnetPolicy | null, people: KnownPeople): boolean {
  if (entry.startsWith("autogroup:")) return !RESOLVED_AUTOGROUPS.includes(entry);
  if (entry.startsWith("group:")) return policy?.groups.has(entry) !== true;
  if (mayBeScimGroup(entry)) return !people.has(entry.toLowerCase());
  return !entry.startsWith("tag:") && !isPattern(entry);
}

/** Whether an entry is written like a login, as SCIM groups are. */
export function mayBeScimGroup(entry: string): boolean {
  return entry.includes("@") && !entry.includes(":") && !isPattern(entry);
}

/** Whether an unresolved entry may match a caller: groups contain people, a host may belong to anybody. */
export function mayMean(entry: string, { callerType }: Pick<AccessAttempt, "callerType">): boolean {
  return callerType !== "tag" || !(/^(?:auto)?group:/.test(entry) || mayBeScimGroup(entry));
}
