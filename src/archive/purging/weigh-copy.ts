import { openDirectory } from "../../allocation/settings/directory.ts";
import { settingsAt } from "../../allocation/settings/in-force.ts";
import { readExport } from "../../aperture/reader/read-export.ts";
import type { RecordOwner } from "../retention/expiry.ts";
import { type Hold, holdFits } from "../retention/hold.ts";
import type { RetentionRule } from "../retention/retention-rule.ts";
import { mayFitUnread } from "../retention/selection-fits.ts";
import { type Fate, fateOf } from "../retention/verdict.ts";
import type { KnownExport } from "../../lake/ledger-state.ts";
import { pseudonymiser } from "../../ledger/names/erasure.ts";
import { normaliser } from "../../ingest/normaliser/normalise.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";
import type { Ledger } from "../../open/ledger.ts";

/** What a copy holds, as far as rules and holds ask for it. */
export interface WeighedCopy {
  /** By place in the file. */
  fates: (Fate | null)[];
  /** Fate of what could not be read behind the last one; undefined where the file could be read to its end. */
  rest: Fate | null | undefined;
  /** Those that something in it matches. */
  holds: Hold[];
}

/** Reads a copy and says what of it has expired, by the directory that was in force when the export was made, and who holds it. */
export async function weighCopy(
  { rules: { normalisingAt, allocation }, work: { archiving } }: Pick<Ledger, "rules" | "work">,
  { instance, name, time }: Pick<KnownExport, "instance" | "name" | "time">,
  file: string,
  { rules, holds, now }: { rules: readonly RetentionRule[]; holds: readonly Hold[]; now: Date },
): Promise<WeighedCopy> {
  const made = new Date(time);
  const normalise = normaliser(name, normalisingAt(instance, made));
  const directory = openDirectory(settingsAt(allocation, made.getTime()));
  const pseudonymOf = pseudonymiser(archiving.erasureKey);
  const fateOfCaller = new Map<string, Fate | null>();
  const unread = fateOf(rules, "unread", made, now);
  const fates: (Fate | null)[] = [];
  const holding = new Set<Hold>();

  const holdUnread = (): void => {
    for (const hold of holds) if (mayFitUnread(hold.selection, { instance, made })) holding.add(hold);
  };
  const ownerOf = ({ caller, callerType, tags }: UsageRecord): RecordOwner => ({ callerType, teams: directory.teamsOf({ caller, tags }).map(({ team }) => team) });
  const { damage } = await readExport(file, made, [], {
    accept(request, { position }) {
      const usage = normalise(request);
      const { caller, callerType, sessionId: session, ts } = usage;
      const who = JSON.stringify([callerType, caller]);
      let fate = fateOfCaller.get(who);
      if (fate === undefined) fateOfCaller.set(who, (fate = fateOf(rules, ownerOf(usage), made, now)));
      fates[position] = fate;
      for (const hold of holds) if (!holding.has(hold) && holdFits(hold, { instance, caller, session, ts }, pseudonymOf(caller))) holding.add(hold);
    },
    reject(_, { position }) {
      fates[position] = unread;
      holdUnread();
    },
  });
  if (damage !== null) holdUnread();
  return { fates, rest: damage === null ? undefined : unread, holds: holds.filter((hold) => holding.has(hold)) };
}
