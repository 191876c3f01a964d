import { compileGlob, isGlob } from "../glob.ts";
import type { SettingsInForce, TeamInForce } from "./in-force.ts";

export interface Team {
  name: string;
  costCenter: string | null;
  owner: string | null;
}

/** A team that a caller belongs to, and by what. */
export interface Belonging {
  team: string;
  by: "member" | "tag_owner";
}

/** Who somebody is, as a usage record says it. */
export interface CallerOfUsage {
  caller: string;
  tags: readonly string[];
}

/** Callers and their teams, at a time. */
export interface Directory {
  /** By name, in configured order, those of the policy's groups behind. */
  teams: ReadonlyMap<string, Team>;
  /** In the order of the teams; nobody's is empty. */
  teamsOf(caller: CallerOfUsage): readonly Belonging[];
  /** `group:name` of all groups that a person is in. */
  groupsOf(caller: string): readonly string[];
  /** Logins and tags that the directory knows by name, in order. */
  named(): readonly string[];
}

const GROUP = "group:";
const TAG = "tag:";

/** Reads the directory that is in force: configured teams, then a team of each group that no team has as a member. */
export function openDirectory(settings: Pick<SettingsInForce, "teams" | "ignoredGroups" | "policy">): Directory {
  const groups = new Map(Object.entries(settings.policy?.groups ?? {}).map(([name, logins]) => [name, new Set(logins.map(fold))]));
  const tagOwners = settings.policy?.tagOwners ?? {};
  const listed = [...settings.teams, ...teamsOfGroups(settings, [...groups.keys()])];
  const teams = new Map<string, Team>();
  for (const { name, cost_center, owner } of listed) {
    if (!teams.has(name)) teams.set(name, { name, costCenter: cost_center ?? null, owner: owner ?? null });
  }
  const matchers = listed.map(({ name, members }) => ({ name, ...compileMembers(members, groups) }));
  const inOrder = (names: ReadonlySet<string>): string[] => [...teams.keys()].filter((name) => names.has(name));

  const teamsOfPerson = (login: string): string[] => {
    const folded = fold(login);
    return inOrder(new Set(matchers.filter(({ hasPerson }) => hasPerson(folded)).map(({ name }) => name)));
  };
  const teamsWithTag = (tag: string): string[] => matchers.filter(({ hasTag }) => hasTag(tag)).map(({ name }) => name);

  /** Owners of a tag are groups, people, or tags, whose owners are then asked; a tag may own itself. */
  const teamsOwningTag = (tag: string, asked: Set<string>): string[] => {
    if (asked.has(tag)) return [];
    asked.add(tag);
    const owners = Object.hasOwn(tagOwners, tag) ? (tagOwners[tag] ?? []) : [];
    return owners.flatMap((owner) => {
      if (owner.startsWith(GROUP)) return matchers.filter(({ hasGroup }) => hasGroup(owner)).map(({ name }) => name);
      if (!owner.startsWith(TAG)) return teamsOfPerson(owner);
      const direct = teamsWithTag(owner);
      return direct.length > 0 ? direct : teamsOwningTag(owner, asked);
    });
  };

  const teamsOfTags = (tags: readonly string[]): Belonging[] => {
    const by = new Map<string, Belonging["by"]>();
    for (const tag of tags) {
      const direct = teamsWithTag(tag);
      for (const team of direct) by.set(team, "member");
      if (direct.length > 0) continue;
      for (const team of teamsOwningTag(tag, new Set())) if (!by.has(team)) by.set(team, "tag_owner");
    }
    return inOrder(new Set(by.keys())).map((team) => ({ team, by: by.get(team) ?? "tag_owner" }));
  };

  return {
    teams,
    teamsOf: ({ caller, tags }) => (tags.length > 0 ? teamsOfTags(tags) : teamsOfPerson(caller).map((team) => ({ team, by: "member" }))),
    groupsOf: (caller) => [...groups].filter(([, logins]) => logins.has(fold(caller))).map(([name]) => name),
    named: () => {
      const members = settings.teams.flatMap((team) => team.members).filter((member) => !member.startsWith(GROUP) && !isGlob(member));
      const people = [...groups.values()].flatMap((logins) => [...logins]);
      return [...new Set([...members.map(foldPerson), ...people, ...Object.keys(tagOwners)])].sort();
    },
  };
}

/** Teams of the groups that are nobody's member and not ignored; one of the same name as a configured team adds to it. */
function teamsOfGroups({ teams, ignoredGroups }: Pick<SettingsInForce, "teams" | "ignoredGroups">, groups: readonly string[]): TeamInForce[] {
  const mapped = new Set(teams.flatMap(({ members }) => members));
  const ignored = ignoredGroups.map(compileGlob);
  const own = groups.filter((group) => !mapped.has(group) && !ignored.some((matches) => matches(group)));
  return own.map((group) => ({ name: group.slice(GROUP.length), members: [group] }));
}

interface Members {
  hasPerson: (login: string) => boolean;
  hasTag: (tag: string) => boolean;
  hasGroup: (group: string) => boolean;
}

function compileMembers(members: readonly string[], groups: ReadonlyMap<string, ReadonlySet<string>>): Members {
  const mapped = members.filter((member) => member.startsWith(GROUP));
  const tags = members.filter((member) => member.startsWith(TAG)).map(compileGlob);
  const people = members.filter((member) => !member.startsWith(GROUP) && !member.startsWith(TAG)).map((member) => compileGlob(fold(member)));
  return {
    hasPerson: (login) => people.some((matches) => matches(login)) || mapped.some((group) => groups.get(group)?.has(login) ?? false),
    hasTag: (tag) => tags.some((matches) => matches(tag)),
    hasGroup: (group) => mapped.includes(group),
  };
}

/** Logins compare without case; names of groups and tags do not. */
function fold(login: string): string {
  return login.toLowerCase();
}

function foldPerson(member: string): string {
  return member.startsWith(TAG) ? member : fold(member);
}
