import type { Directory } from "../../allocation/settings/directory.ts";
import { encodeKeyPart } from "../../lake/layout.ts";
import type { Clock } from "../../ledger/clock.ts";
import { foldLogin } from "../login.ts";
import { shareRun } from "../share-run.ts";

/** Who sees the pages of a team besides those who see everything: its owner, or its owner and its members. */
export type TeamVisitors = "owners" | "members";

/** The teams whose pages a login may see, in the order of the directory; empty for a stranger. Throws where the directory cannot be read. */
export type TeamsOfLogin = (login: string) => Promise<readonly string[]>;

/** A person who left a team is let in for at most this long after the ledger has learnt it. */
const KEPT_MS = 60_000;

/** @param read the directory as it is in force now. A directory that cannot be read lets nobody in: no earlier one is used instead. */
export function teamAccess(who: TeamVisitors, read: () => Promise<Directory>, clock: Clock): TeamsOfLogin {
  let known: { directory: Directory; at: number } | undefined;
  const refresh = shareRun(async () => {
    const at = clock().getTime();
    known = undefined;
    known = { directory: await read(), at };
    return known.directory;
  });
  return async (login) => {
    const isRecent = known !== undefined && Math.abs(clock().getTime() - known.at) < KEPT_MS;
    return findTeams(login, who, known !== undefined && isRecent ? known.directory : await refresh());
  };
}

function findTeams(written: string, who: TeamVisitors, directory: Directory): string[] {
  const login = foldLogin(written);
  // The directory also folds the two letters that could make this login equal to another person's.
  if (login !== written.toLowerCase()) return [];
  const asMember = new Set(who === "members" ? directory.teamsOf({ caller: login, tags: [] }).map(({ team }) => team) : []);
  const mine = [...directory.teams.values()].filter(({ name, owner }) => asMember.has(name) || (owner !== null && foldLogin(owner.trim()) === login));
  const folders = Map.groupBy(directory.teams.keys(), (name) => encodeKeyPart(name).toLowerCase());
  // Where a file system ignores case, two such teams have one folder, and nobody knows whose pages it holds.
  return mine.map(({ name }) => name).filter((name) => folders.get(encodeKeyPart(name).toLowerCase())?.length === 1);
}
