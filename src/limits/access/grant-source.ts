import { matchName } from "../../ledger/names/written-name.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";

/** The caller of a request, as in a usage record. */
export interface GrantCaller {
  /** Login in lower case, or tags joined by commas. */
  caller: string;
  tags: readonly string[];
}

/** The caller of usage without a known caller. It is not a person, so only `*` matches it. */
const NOBODY = new Set(["unknown", "tagged-devices"]);

/**
 * Whether a grant's `src` matches a caller. `autogroup:member` matches every person, `autogroup:tagged` every tagged device; only
 * Tailscale can resolve other autogroups, so they match nobody here.
 */
export function sourceMatcher(src: readonly string[], policy: TailnetPolicy | null): (caller: GrantCaller) => boolean {
  const matchers = src.map((entry) => matchEntry(entry, policy));
  return (caller) => matchers.some((matches) => matches(caller));
}

function matchEntry(entry: string, policy: TailnetPolicy | null): (caller: GrantCaller) => boolean {
  if (entry === "*") return () => true;
  if (entry.startsWith("tag:")) return ({ tags }) => tags.includes(entry);
  if (entry.startsWith("group:")) {
    const members = new Set((policy?.groups.get(entry) ?? []).map((login) => login.toLowerCase()));
    return (caller) => isPerson(caller) && members.has(caller.caller);
  }
  if (entry === "autogroup:tagged") return ({ tags }) => tags.length > 0;
  if (entry.startsWith("autogroup:")) return (caller) => entry === "autogroup:member" && isPerson(caller);
  const matches = matchName(entry.toLowerCase());
  return (caller) => isPerson(caller) && matches(caller.caller);
}

function isPerson({ caller, tags }: GrantCaller): boolean {
  return tags.length === 0 && !NOBODY.has(caller);
}
