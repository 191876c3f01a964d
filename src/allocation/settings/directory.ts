import { isPattern, matchAny, matchCaller, matchName, meantText } from "../../ledger/names/written-name.ts";
import type { SettingsInForce, TeamInForce } from "./in-force.ts";

export interface Team {
  name: string;
  costCenter: string | null;
  owner: string | null;
}

/** A team that a caller belongs to, and through which member. */
export interface Belonging {
  team: string;
  by: "member" | "tag_owner";
  /** The matching member of the team: `group:payments`, a pattern; for owned tags `tag:api of group:payments`. */
  via: string;
}

/** A caller, as in a usage record. */
export interface CallerOfUsage {
  caller: string;
  tags: readonly string[];
}

/** Callers and their teams at a time. */
export interface Directory {
  /** Teams by name: the configured ones in their order, then those of the policy's groups. */
  teams: ReadonlyMap<string, Team>;
  /** In the order of the teams; empty for a caller without a team. */
  teamsOf(caller: CallerOfUsage): readonly Belonging[];
  /** `group:name` of every group that contains a person. */
  groupsOf(caller: string): readonly string[];
  /** Logins and tags that the directory knows by name, in order. */
  named(): readonly string[];
}

const GROUP = "group:";
const TAG = "tag:";

/** Builds the directory in force: the configured teams, then one team for each group that is not a member of a team. */
export function openDirectory(settings: Pick<SettingsInForce, "teams" | "ignoredGroups" | "policy">): Directory {
  const groups = new Map([...(settings.policy?.groups ?? [])].map(([name, logins]) => [name, new Set(logins.map(fold))]));
  const tagOwners = settings.policy?.tagOwners ?? new Map<string, readonly string[]>();
  const listed = [...settings.teams, ...teamsOfGroups(settings, [...groups.keys()])];
  const teams = new Map<string, Team>();
  for (const { name, cost_center, owner } of listed) {
    if (!teams.has(name)) teams.set(name, { name, costCenter: cost_center ?? null, owner: owner ?? null });
  }
  const matchers = listed.map(({ name, members }) => ({ name, ...compileMembers(members, groups) }));
  const place = new Map([...teams.keys()].map((name, index) => [name, index]));
  /** Each team once, with the first matching member. */
  const inOrder = (found: readonly Belonging[]): Belonging[] => {
    const first = new Map(found.toReversed().map((belonging) => [belonging.team, belonging]));
    return [...first.values()].sort((a, b) => (place.get(a.team) ?? 0) - (place.get(b.team) ?? 0));
  };
  const find = (by: Belonging["by"], memberOf: (members: Members) => string | undefined): Belonging[] =>
    matchers.flatMap((members) => {
      const via = memberOf(members);
      return via === undefined ? [] : [{ team: members.name, by, via }];
    });
  const teamsOfPerson = (login: string): Belonging[] => find("member", ({ findPerson }) => findPerson(fold(login)));
  const teamsWithTag = (tag: string): Belonging[] => find("member", ({ findTag }) => findTag(tag));

  /** Owners of a tag are groups, people, or tags with owners of their own; a tag may own itself. */
  const teamsOwningTag = (tag: string, asked: Set<string>): Belonging[] => {
    if (asked.has(tag)) return [];
    asked.add(tag);
    const owners = tagOwners.get(tag) ?? [];
    return owners.flatMap((owner) => {
      const found = owner.startsWith(GROUP) ? find("member", ({ findGroup }) => findGroup(owner)) : owner.startsWith(TAG) ? teamsOfTag(owner, asked) : teamsOfPerson(owner);
      return found.map(({ team }) => ({ team, by: "tag_owner" as const, via: `${tag} of ${owner}` }));
    });
  };
  const teamsOfTag = (tag: string, asked: Set<string>): Belonging[] => {
    const direct = teamsWithTag(tag);
    return direct.length > 0 ? direct : teamsOwningTag(tag, asked);
  };
  const teamsOfTags = (tags: readonly string[]): Belonging[] => {
    const found = tags.flatMap((tag) => teamsOfTag(tag, new Set()));
    return [...found.filter(({ by }) => by === "member"), ...found.filter(({ by }) => by === "tag_owner")];
  };

  return {
    teams,
    teamsOf: ({ caller, tags }) => inOrder(tags.length > 0 ? teamsOfTags(tags) : teamsOfPerson(caller)),
    groupsOf: (caller) => [...groups].filter(([, logins]) => logins.has(fold(caller))).map(([name]) => name),
    named: () => {
      const members = settings.teams.flatMap((team) => team.members).filter((member) => !isPattern(member)).map(meantText).filter((member) => !member.startsWith(GROUP));
      const people = [...groups.values()].flatMap((logins) => [...logins]);
      return [...new Set([...members.map(foldPerson), ...people, ...tagOwners.keys()])].sort();
    },
  };
}

/** One team for each group that is neither a member of a team nor ignored; a group with a configured team's name extends that team. */
function teamsOfGroups({ teams, ignoredGroups }: Pick<SettingsInForce, "teams" | "ignoredGroups">, groups: readonly string[]): TeamInForce[] {
  const mapped = new Set(teams.flatMap(({ members }) => members.map(meantText)));
  const isIgnored = matchAny(ignoredGroups);
  const own = groups.filter((group) => !mapped.has(group) && !isIgnored(group));
  return own.map((group) => ({ name: group.slice(GROUP.length), members: [group] }));
}

/** Find the member of a team that matches a caller or a tag. */
interface Members {
  name: string;
  findPerson: (login: string) => string | undefined;
  findTag: (tag: string) => string | undefined;
  findGroup: (group: string) => string | undefined;
}

function compileMembers(members: readonly string[], groups: ReadonlyMap<string, ReadonlySet<string>>): Omit<Members, "name"> {
  const matchers = members.map((member) => {
    const meant = meantText(member);
    if (meant.startsWith(GROUP)) return { member, isPerson: (login: string) => groups.get(meant)?.has(login) ?? false, isTag: never };
    return meant.startsWith(TAG) ? { member, isPerson: never, isTag: matchName(member) } : { member, isPerson: matchCaller(member), isTag: never };
  });
  return {
    findPerson: (login) => matchers.find(({ isPerson }) => isPerson(login))?.member,
    findTag: (tag) => matchers.find(({ isTag }) => isTag(tag))?.member,
    findGroup: (group) => members.find((member) => meantText(member) === group),
  };
}

function never(): boolean {
  return false;
}

/** Logins are compared without case, names of groups and tags with case. */
function fold(login: string): string {
  return login.toLowerCase();
}

function foldPerson(member: string): string {
  return member.startsWith(TAG) ? member : fold(member);
}
