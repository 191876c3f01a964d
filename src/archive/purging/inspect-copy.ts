import { openDirectory } from "../../allocation/settings/directory.ts";
import { settingsAt } from "../../allocation/settings/in-force.ts";
import { readExport } from "../../aperture/reader/read-export.ts";
import type { RecordOwner } from "../retention/expiry.ts";
import { type Hold, holdCovers } from "../retention/hold.ts";
import type { RetentionRule } from "../retention/retention-rule.ts";
import { mayCoverUnread } from "../retention/selection-covers.ts";
import { type ExpiredPart, expiredPart } from "../retention/verdict.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { pseudonymiser } from "../../ledger/names/erasure.ts";
import { normaliser } from "../../ingest/normaliser/normalise.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";
import type { Ledger } from "../../open/ledger.ts";

/** What rules and holds need to know about a copy. */
export interface InspectedCopy {
  /**
   * What of it has expired at a time: the expired part of each record by its position in the file, and of the unreadable rest of the
   * file, which is undefined if the whole file could be read.
   */
  expiredAt(now: Date): { expiredParts: (ExpiredPart | null)[]; rest: ExpiredPart | null | undefined };
  /** Holds that cover something in it. */
  holds: Hold[];
}

/** Reads a copy and finds whose its records are, by the directory in force when the export was made, and which holds cover it. */
export async function inspectCopy(
  { rules: { normalisingAt, allocation }, work: { archiving } }: Pick<Ledger, "rules" | "work">,
  { instance, name, time }: Pick<KnownExport, "instance" | "name" | "time">,
  file: string,
  { rules, holds }: { rules: readonly RetentionRule[]; holds: readonly Hold[] },
): Promise<InspectedCopy> {
  const made = new Date(time);
  const normalise = normaliser(name, normalisingAt(instance, made));
  const directory = openDirectory(settingsAt(allocation, made.getTime()));
  const pseudonymOf = pseudonymiser(archiving.erasureKey);
  const ownerOfCaller = new Map<string, RecordOwner>();
  const owners: RecordOwner[] = [];
  const holding = new Set<Hold>();

  const holdUnread = (): void => {
    for (const hold of holds) if (mayCoverUnread(hold.selection, { instance, made })) holding.add(hold);
  };
  const ownerOf = ({ caller, callerType, tags }: UsageRecord): RecordOwner => ({ callerType, teams: directory.teamsOf({ caller, tags }).map(({ team }) => team) });
  const { damage } = await readExport(file, made, [], {
    accept(request, { position }) {
      const usage = normalise(request);
      const { caller, callerType, sessionId: session, ts } = usage;
      const who = JSON.stringify([callerType, caller]);
      let owner = ownerOfCaller.get(who);
      if (owner === undefined) ownerOfCaller.set(who, (owner = ownerOf(usage)));
      owners[position] = owner;
      for (const hold of holds) if (!holding.has(hold) && holdCovers(hold, { instance, caller, session, ts }, pseudonymOf(caller))) holding.add(hold);
    },
    reject(_, { position }) {
      owners[position] = "unread";
      holdUnread();
    },
  });
  if (damage !== null) holdUnread();
  const expiredAt: InspectedCopy["expiredAt"] = (now) => {
    const parts = new Map([...ownerOfCaller.values(), "unread" as const].map((owner) => [owner, expiredPart(rules, owner, made, now)]));
    const partOf = (owner: RecordOwner): ExpiredPart | null => parts.get(owner) ?? null;
    return { expiredParts: owners.map(partOf), rest: damage === null ? undefined : partOf("unread") };
  };
  return { expiredAt, holds: holds.filter((hold) => holding.has(hold)) };
}
