import { z } from "zod";
import { parseHuJson } from "../aperture/hujson.ts";
import { LedgerError, messageOf, showUrl } from "../errors.ts";
import { fetchPolicy } from "./fetch-policy.ts";
import { foldLogin } from "./login.ts";

const GROUP = "group:";
const policyFile = z.looseObject({ groups: z.record(z.string(), z.unknown()).default({}) });
const members = z.array(z.string());

/**
 * Who is let in, as lower-case logins: `http.allow` with its groups replaced by their members in the tailnet policy
 * file at `policy` (`file://…`, a path, `http(s)://…`); null without an allow list.
 * Throws `config_invalid` for what is no login and no group there, `config_unreadable` for a policy that cannot be read.
 */
export async function resolveAllowList(allow: readonly string[] | undefined, policy: string | undefined): Promise<ReadonlySet<string> | null> {
  if (allow === undefined) return null;
  const names = allow.filter((name) => name.startsWith(GROUP));
  const groups = names.length === 0 ? {} : await readGroups(names, policy);
  const shown = showUrl(policy ?? "");
  const logins = allow.flatMap((entry) => {
    if (!entry.startsWith(GROUP)) return checkLogin(entry, "http.allow");
    return membersOf(groups, entry, shown).map((member) => checkLogin(member, `${entry} in ${shown}`));
  });
  return new Set(logins.map(foldLogin));
}

/** What selects people by other means than their names would be compared as if it were a name, and match nobody. */
function checkLogin(text: string, where: string): string {
  if (!/^(?:autogroup|group|tag):|[*\s,]/.test(text) && text !== "") return text;
  throw new LedgerError("config_invalid", `${where} has ${JSON.stringify(text)}, which is no login`, {
    remedy: "name logins, and groups whose members are logins: what only Tailscale can resolve (autogroup:, tag:, *) is not known here",
  });
}

async function readGroups(names: readonly string[], policy: string | undefined): Promise<Record<string, unknown>> {
  if (policy === undefined) {
    throw new LedgerError("config_invalid", `http.allow has ${names.join(", ")}, and directory.policy is not set`, {
      remedy: "set directory.policy to the tailnet policy file that has the group, or name the logins",
    });
  }
  const shown = showUrl(policy);
  const parsed = policyFile.safeParse(parsePolicy(await fetchPolicy(policy), shown));
  if (parsed.success) return parsed.data.groups;
  throw new LedgerError("config_invalid", `the tailnet policy ${shown}: ${z.prettifyError(parsed.error)}`, { remedy: "its groups have to be an object of lists of logins" });
}

function parsePolicy(text: string, shown: string): unknown {
  try {
    return parseHuJson(text, `the tailnet policy ${shown}`);
  } catch (cause) {
    throw new LedgerError("config_invalid", messageOf(cause), { remedy: "it has to be HuJSON: JSON with comments and trailing commas", cause });
  }
}

function membersOf(groups: Record<string, unknown>, name: string, shown: string): string[] {
  if (!Object.hasOwn(groups, name)) {
    throw new LedgerError("config_invalid", `http.allow has ${name}, which the tailnet policy ${shown} does not have`, {
      remedy: `correct http.allow or directory.policy; the policy has ${Object.keys(groups).join(", ") || "no groups"}`,
    });
  }
  const parsed = members.safeParse(groups[name]);
  if (parsed.success) return parsed.data;
  throw new LedgerError("config_invalid", `${name} in the tailnet policy ${shown} is not a list of logins`, { remedy: "correct the policy file" });
}
