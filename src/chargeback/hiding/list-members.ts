import type { AllocationSettings } from "../../allocation/settings/settings.ts";
import { isPattern, meantText } from "../../ledger/names/written-name.ts";

/** Logins in the directory and the tailnet policy, in lower case, since texts may name people who have no usage. */
export function listMembers({ teams, policies }: Pick<AllocationSettings, "teams" | "policies">): string[] {
  const members = teams.flatMap((team) => team.members).map((member) => (typeof member === "string" ? member : member.member));
  const ofGroups = policies.flatMap(({ policy: { groups } }) => [...groups.values()].flat());
  return [...members, ...ofGroups].filter((written) => !isPattern(written)).map((written) => meantText(written).toLowerCase()).filter(isLogin);
}

/** Groups and tags contain a colon. */
function isLogin(name: string): boolean {
  return name.includes("@") && !name.includes(":");
}
