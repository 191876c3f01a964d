import { DEFAULT_RULE, decider } from "./decide.ts";
import { type CallerOfUsage, openDirectory } from "../settings/directory.ts";
import { meantText } from "../../ledger/names/written-name.ts";
import type { SettingsInForce } from "../settings/in-force.ts";

interface DefaultDecision {
  caller: string;
  /** The caller's teams, in configured order. */
  teams: string[];
  /** Those that pay, by default. */
  pay: string[];
}

export interface CheckedDirectory {
  /** In order. */
  teams: string[];
  /** Callers of several teams for whom no rule says who pays. */
  byDefault: DefaultDecision[];
  /** Callers who are in no team and whom no rule gives to one. */
  nobodys: string[];
  /** Members of teams that the policy has no group of. */
  unknownGroups: string[];
}

/** Looks who pays for everybody that the directory knows by name, and for the callers given. */
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

/** A usage of which nothing is known but whose it is: rules that look at more leave it to the next. */
function usageOf({ caller, tags }: CallerOfUsage): Parameters<ReturnType<typeof decider>>[0] {
  const callerType = tags.length > 0 ? "tag" : "user";
  return { caller, tags, callerType, instance: "", provider: "", model: "", billing: "metered", dimensions: {} };
}
