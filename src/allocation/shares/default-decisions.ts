import { DEFAULT_RULE, decider } from "./decide.ts";
import { type CallerOfUsage, openDirectory } from "../settings/directory.ts";
import { meantText } from "../../ledger/names/written-name.ts";
import type { SettingsInForce } from "../settings/in-force.ts";

interface DefaultDecision {
  caller: string;
  /** The caller's teams, in configured order. */
  teams: string[];
  /** The teams that pay by default. */
  pay: string[];
}

export interface CheckedDirectory {
  /** Sorted by caller. */
  teams: string[];
  /** Callers in several teams for whom no rule decides who pays. */
  byDefault: DefaultDecision[];
  /** Callers without a team to whom no rule assigns one. */
  nobodys: string[];
  /** Members of teams that name a group which the policy does not have. */
  unknownGroups: string[];
}

/** Finds who pays for everybody whom the directory names, and for the given callers. */
export function checkDirectory(settings: SettingsInForce, callers: readonly CallerOfUsage[]): CheckedDirectory {
  const directory = openDirectory(settings);
  const decide = decider(settings, directory);
  const named = directory.named().map((name) => ({ caller: name, tags: name.startsWith("tag:") ? [name] : [] }));
  const all = new Map([...named, ...callers].map((one) => [one.caller, one]));
  const decided = [...all.values()].map((caller) => ({ caller, decision: decide(usageOf(caller)) }));
  const groups = settings.teams.flatMap(({ members }) => members).map(meantText).filter((member) => member.startsWith("group:"));
  return {
    unknownGroups: groups.filter((group) => settings.policy?.groups.has(group) !== true),
    teams: [...directory.teams.keys()],
    byDefault: decided
      .filter(({ decision }) => decision.rule === DEFAULT_RULE)
      .map(({ caller, decision }) => ({
        caller: caller.caller,
        teams: directory.teamsOf(caller).map(({ team }) => team),
        pay: decision.shares.map(({ team }) => team),
      })),
    nobodys: decided.filter(({ decision }) => decision.method === "unallocated" && decision.rule !== DEFAULT_RULE).map(({ caller }) => caller.caller),
  };
}

/** A usage with nothing but a caller: rules with other conditions do not apply to it. */
function usageOf({ caller, tags }: CallerOfUsage): Parameters<ReturnType<typeof decider>>[0] {
  const callerType = tags.length > 0 ? "tag" : "user";
  return { caller, tags, callerType, instance: "", provider: "", model: "", billing: "metered", dimensions: {} };
}
