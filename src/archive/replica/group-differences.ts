import { kindOfArchived } from "../../lake/layout.ts";
import { ascending } from "../../ledger/orders.ts";
import { type Finding, finding } from "../verifier/finding.ts";
import type { ReplicaDifference } from "../verifier/verification.ts";
import type { Difference, DifferenceKind } from "./compare-object.ts";

const MOST_KEYS = 20;
const MOST_NAMED = 3;

/** Objects of one gateway that differ for the same reason. `behind`: nothing as new as they are has reached the replica. */
interface Group {
  instance: string | null;
  reason: DifferenceKind | "behind";
  /** In order of their keys. */
  differences: [Difference, ...Difference[]];
}

const CODES: Readonly<Record<Group["reason"], ReplicaDifference["code"]>> = {
  behind: "replica_lacks",
  lacks: "replica_lacks",
  lost: "replica_lacks",
  purged: "replica_adds",
  added: "replica_adds",
  outdated: "replica_differs",
  altered: "replica_differs",
  unlocked: "replica_unlocked",
};

/** When the newest object that both have was written, by gateway; the empty name for what is outside the gateways' folders. */
export type NewestInBoth = ReadonlyMap<string, Date>;

/**
 * One finding for each gateway and reason, however many objects there are: a replica that lags by a day is one finding.
 * @param url of the replica. @param slack milliseconds: how far from the order of writing replication may be.
 */
export function groupDifferences(differences: readonly Difference[], { url, newest, slack }: { url: string; newest: NewestInBoth; slack: number }): { findings: Finding[]; differences: ReplicaDifference[] } {
  const groups = groupsOf(differences, newest, slack);
  return { findings: groups.map((group) => findingOf(group, url, newest)), differences: groups.map(summarise) };
}

function groupsOf(differences: readonly Difference[], newest: NewestInBoth, slack: number): Group[] {
  const groups = new Map<string, Group>();
  for (const one of differences.toSorted((a, b) => ascending(a.key, b.key))) {
    const { instance } = kindOfArchived(one.key);
    const limit = newest.get(instance);
    const reason = one.kind === "lacks" && (limit === undefined || one.at.getTime() > limit.getTime() - slack) ? "behind" : one.kind;
    const name = `${instance} ${reason}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { instance: instance === "" ? null : instance, reason, differences: [one] });
    else group.differences.push(one);
  }
  return [...groups.values()];
}

function summarise({ instance, reason, differences }: Group): ReplicaDifference {
  const times = differences.map(({ at }) => at.toISOString()).sort();
  return {
    code: CODES[reason],
    instance,
    objects: differences.length,
    bytes: sizeOf(differences),
    since: times[0] ?? "",
    until: times.at(-1) ?? "",
    keys: differences.slice(0, MOST_KEYS).map(({ key }) => key),
  };
}

function findingOf(group: Group, url: string, newest: NewestInBoth): Finding {
  const { instance, reason, differences } = group;
  const [first] = differences;
  const isOne = differences.length === 1;
  const key = isOne ? first.key : `archive/${instance === null ? "" : `${instance}/`}`;
  const compared = isOne ? { expected: first.expected ?? null, found: first.found ?? null } : {};
  return finding(CODES[reason], { instance, key, what: describe(group, url, newest.get(instance ?? "")), ...compared });
}

function describe(group: Group, url: string, newest: Date | undefined): string {
  const { since, until, objects, bytes } = summarise(group);
  const replica = `the replica ${url}`;
  const many = `${String(objects)} ${objects === 1 ? "object" : "objects"} (${String(bytes)} bytes)`;
  const span = since === until ? `at ${since}` : `from ${since} to ${until}`;
  switch (group.reason) {
    case "behind":
      if (newest === undefined) return `is not in ${replica}: it has none of ${many}, written ${span}`;
      return `is behind in ${replica}: what was written up to ${newest.toISOString()} is there, and it lags by ${many} written since ${since}`;
    case "lacks":
      return `is incomplete in ${replica}: it lacks ${many} written ${span}, although it has newer ones${named(group)}`;
    case "lost":
      return `is incomplete in ${replica}: neither it nor the archive has ${many} that the chain lists${named(group)}`;
    case "purged":
      return `is not purged in ${replica}: it still has ${many} that the archive removed ${span}, as signed events say; replication seldom removes anything, so remove them there${named(group)}`;
    case "added":
      return `has more in ${replica}: ${many} that the archive does not have and no event purged, written ${span}${named(group)}`;
    case "outdated":
      return `is not reduced in ${replica}: it has ${many} as before a reduction that signed events declared ${span}${named(group)}`;
    case "altered":
      return `has other contents in ${replica}: ${many}${named(group)}`;
    case "unlocked":
      return `is protected less in ${replica}: ${many} with a shorter or weaker lock, or without a legal hold that the archive has${named(group)}`;
    default:
      return group.reason satisfies never;
  }
}

/** Empty for one object, which the finding names anyway. */
function named({ differences }: Group): string {
  if (differences.length === 1) return "";
  const keys = differences.slice(0, MOST_NAMED).map(({ key }) => key);
  return `: ${keys.join(", ")}${differences.length > MOST_NAMED ? ` and ${String(differences.length - MOST_NAMED)} more` : ""}`;
}

function sizeOf(differences: readonly Difference[]): number {
  return differences.reduce((sum, { size }) => sum + size, 0);
}
