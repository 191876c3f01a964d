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
  /** By position in the file. */
  expiredParts: (ExpiredPart | null)[];
  /** The expired part of the unreadable rest of the file; undefined if the whole file could be read. */
  rest: ExpiredPart | null | undefined;
  /** Holds that cover something in it. */
  holds: Hold[];
}

/** Reads a copy and finds what of it has expired, by the directory in force when the export was made, and which holds cover it. */
export async function inspectCopy(
  { rules: { normalisingAt, allocation }, work: { archiving } }: Pick<Ledger, "rules" | "work">,
  { instance, name, time }: Pick<KnownExport, "instance" | "name" | "time">,
  file: string,
  { rules, holds, now }: { rules: readonly RetentionRule[]; holds: readonly Hold[]; now: Date },
): Promise<InspectedCopy> {
  const made = new Date(time);
  const normalise = normaliser(name, normalisingAt(instance, made));
  const directory = openDirectory(settingsAt(allocation, made.getTime()));
  const pseudonymOf = pseudonymiser(archiving.erasureKey);
  const partOfCaller = new Map<string, ExpiredPart | null>();
  const unread = expiredPart(rules, "unread", made, now);
  const expiredParts: (ExpiredPart | null)[] = [];
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
      let expired = partOfCaller.get(who);
      if (expired === undefined) partOfCaller.set(who, (expired = expiredPart(rules, ownerOf(usage), made, now)));
      expiredParts[position] = expired;
      for (const hold of holds) if (!holding.has(hold) && holdCovers(hold, { instance, caller, session, ts }, pseudonymOf(caller))) holding.add(hold);
    },
    reject(_, { position }) {
      expiredParts[position] = unread;
      holdUnread();
    },
  });
  if (damage !== null) holdUnread();
  return { expiredParts, rest: damage === null ? undefined : unread, holds: holds.filter((hold) => holding.has(hold)) };
}
