import { fetchPolicy, type PolicySource, showPolicy } from "../aperture/gateway/fetch-policy.ts";
import type { Logger } from "pino";
import { AllowedLogins } from "./allowed-logins.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { TailnetPolicy } from "../ledger/gateway/tailnet-policy.ts";
import { foldLogin } from "./login.ts";
import { listSome } from "../ledger/text/list-some.ts";

const GROUP = "group:";

/**
 * The admitted logins in lower case: `http.allow`, its groups replaced by their members in the tailnet policy. Null without an allow
 * list. Throws `config_invalid` for an entry that is neither a login nor a known group, `config_unreadable` for an unreadable policy.
 */
export async function resolveAllowList(allow: readonly string[] | undefined, policy: PolicySource | undefined): Promise<ReadonlySet<string> | null> {
  if (allow === undefined) return null;
  const names = allow.filter((name) => name.startsWith(GROUP));
  const groups = names.length === 0 ? new Map<string, readonly string[]>() : await readGroups(names, policy);
  const shown = showPolicy(policy ?? "");
  const logins = allow.flatMap((entry) => {
    if (!entry.startsWith(GROUP)) return checkLogin(entry, "http.allow");
    return membersOf(groups, entry, shown).map((member) => checkLogin(member, `${entry} in ${shown}`));
  });
  return new Set(logins.map(foldLogin));
}

/** Keeps an allow list up to date while a worker runs. Null without an allow list. Throws like `resolveAllowList`. */
export async function openAllowedLogins(allow: readonly string[] | undefined, policy: PolicySource | undefined, log: Logger): Promise<AllowedLogins | null> {
  const first = await resolveAllowList(allow, policy);
  if (allow === undefined || first === null) return null;
  const hasGroups = allow.some((entry) => entry.startsWith(GROUP));
  const named = new Set(allow.filter((entry) => !entry.startsWith(GROUP)).map(foldLogin));
  const allowed = new AllowedLogins(first, { readAll: async () => (await resolveAllowList(allow, policy)) ?? named, named, log });
  if (hasGroups) allowed.start();
  return allowed;
}

/** Refuses other selectors of Tailscale: compared as a login, they would match nobody. */
function checkLogin(text: string, where: string): string {
  if (!/^(?:autogroup|group|tag):|[*\s,]/.test(text) && text !== "") return text;
  throw new LedgerError("config_invalid", `${where} has ${JSON.stringify(text)}, which is not a login`, {
    remedy: "name logins, and groups whose members are logins: what only Tailscale can resolve (autogroup:, tag:, *) is not known here",
  });
}

async function readGroups(names: readonly string[], policy: PolicySource | undefined): Promise<TailnetPolicy["groups"]> {
  if (policy !== undefined) return (await fetchPolicy(policy)).groups;
  throw new LedgerError("config_invalid", `http.allow has ${listSome(names)}, and directory.policy is not set`, {
    remedy: "set directory.policy to the tailnet policy file that has the group, or name the logins",
  });
}

function membersOf(groups: TailnetPolicy["groups"], name: string, shown: string): readonly string[] {
  const found = groups.get(name);
  if (found !== undefined) return found;
  throw new LedgerError("config_invalid", `http.allow has ${name}, which the tailnet policy ${shown} does not have`, {
    remedy: `correct http.allow or directory.policy; the policy has ${listSome([...groups.keys()]) || "no groups"}`,
  });
}
