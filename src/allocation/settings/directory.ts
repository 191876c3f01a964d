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
  const matchers = listed.map(({ name, members }) => ({ name, ...compileMembers(members) }));
  const findPerson = indexPeople(listed, groups);
  const groupsByLogin = listByLogin(groups);
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
  const teamsOfPerson = (login: string): Belonging[] => findPerson(fold(login));
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
    groupsOf: (caller) => groupsByLogin.get(fold(caller)) ?? [],
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

/** Find the member of a team that matches a tag or is a group. */
interface Members {
  name: string;
  findTag: (tag: string) => string | undefined;
  findGroup: (group: string) => string | undefined;
}

function compileMembers(members: readonly string[]): Omit<Members, "name"> {
  const tags = members.filter((member) => meantText(member).startsWith(TAG)).map((member) => ({ member, isTag: matchName(member) }));
  return {
    findTag: (tag) => tags.find(({ isTag }) => isTag(tag))?.member,
    findGroup: (group) => members.find((member) => meantText(member) === group),
  };
}

/** A member of a team. `order`: its number among the members of all teams. */
interface Place {
  order: number;
  team: string;
  via: string;
}

/**
 * Finds the teams of a folded login by their members, in order. Logins that are written out or in groups are looked up: there are
 * thousands of them, and only patterns have to be tried one after the other.
 */
function indexPeople(teams: readonly TeamInForce[], groups: ReadonlyMap<string, ReadonlySet<string>>): (login: string) => Belonging[] {
  const places = new Map<string, Place[]>();
  const patterns: (Place & { matches: (login: string) => boolean })[] = [];
  let order = 0;
  for (const { name: team, members } of teams) {
    for (const member of members) {
      const place = { order: order++, team, via: member };
      const meant = meantText(member);
      if (meant.startsWith(TAG)) continue;
      if (!meant.startsWith(GROUP) && isPattern(member)) patterns.push({ ...place, matches: matchCaller(member) });
      else for (const login of meant.startsWith(GROUP) ? (groups.get(meant) ?? []) : new Set([fold(meant), fold(member)])) addTo(places, login, place);
    }
  }
  return (login) => {
    const found = [...(places.get(login) ?? []), ...patterns.filter(({ matches }) => matches(login))];
    return found.sort((a, b) => a.order - b.order).map(({ team, via }) => ({ team, by: "member", via }));
  };
}

/** Names of the groups of each folded login, in the order of the groups. */
function listByLogin(groups: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  const byLogin = new Map<string, string[]>();
  for (const [name, logins] of groups) {
    for (const login of logins) addTo(byLogin, login, name);
  }
  return byLogin;
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Logins are compared without case, names of groups and tags with case. */
function fold(login: string): string {
  return login.toLowerCase();
}

function foldPerson(member: string): string {
  return member.startsWith(TAG) ? member : fold(member);
}
