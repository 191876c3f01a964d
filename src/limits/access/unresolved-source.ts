import { isPattern } from "../../ledger/names/written-name.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import type { AccessAttempt } from "./access-use.ts";

const RESOLVED_AUTOGROUPS: readonly string[] = ["autogroup:member", "autogroup:tagged"];

/** Whether only Tailscale can resolve an entry of `src`: other autogroups, groups that no policy lists, hosts and addresses. */
export function isUnresolved(entry: string, policy: TailnetPolicy | null): boolean {
  if (entry.startsWith("autogroup:")) return !RESOLVED_AUTOGROUPS.includes(entry);
  if (entry.startsWith("group:")) return policy?.groups.has(entry) !== true;
  return !entry.startsWith("tag:") && !entry.includes("@") && !isPattern(entry);
}

/** Whether an unresolved entry may match a caller: groups contain people, a host may belong to anybody. */
export function mayMean(entry: string, { callerType }: Pick<AccessAttempt, "callerType">): boolean {
  return callerType !== "tag" || !/^(?:auto)?group:/.test(entry);
}
