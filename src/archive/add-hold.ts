import { isDeepStrictEqual } from "node:util";
import { loadBelieved } from "./chain/believed-events.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { listInstances } from "./copies/list-archive.ts";
import { type Hold, holdId } from "./retention/hold.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type HoldChange, type Holding, markHeld, tryMarking } from "./legal-holds.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { pseudonymMeant } from "./purging/load-chain.ts";
import { listSome } from "../ledger/text/list-some.ts";

export type HoldWish = Pick<Hold, "selection" | "reason" | "by" | "known" | "at">;

/**
 * Puts records on hold: in the chain of every gateway that they may come from, then on each copy where the store can.
 * The same wish of the same person is the same hold until it is released, so that a call whose answer was lost may be repeated.
 * Once one chain tells of the hold it counts, and what fails then is part of the answer.
 * Throws `key_missing`, `key_unusable`, `usage` for a gateway that nobody knows or where there is none yet, and what the store throws while no chain tells of it.
 * @param wish.id of a hold whose name is chosen; else it is made from what the wish says
 */
export async function addHold(ledger: Holding, { id: chosen, ...wish }: HoldWish & { id?: string }): Promise<HoldChange> {
  const signingKey = await requireKeyOfChain(ledger);
  const instances = await gatewaysMeant(ledger, wish.selection);
  const { id, at: since, told } = chosen === undefined ? await findStanding(ledger, instances, signingKey.publicKey, wish) : { id: chosen, told: [] };
  const { selection, reason, by, at, known } = wish;
  const hold: Hold = { id, ...wish, at: since ?? at, ...pseudonymMeant(selection, ledger.work.archiving), instances: told, released: null };
  const missing = instances.filter((instance) => !told.includes(instance));
  for (const instance of missing) {
    const event: ArchiveEvent = { format: 1, kind: "hold", id, instance, at, by, ...(known === undefined ? {} : { known }), hold: id, selection, reason };
    try {
      await recordEvent(ledger.stores.archive, event, signingKey, ledger.work.archiving.lock);
    } catch (error) {
      if (told.length === 0) throw error;
      return { ...hold, instances: told.toSorted(), copies: null, repeated: false, failed: error };
    }
    told.push(instance);
  }
  ledger.telling.log.info({ hold: id, instances, repeated: missing.length === 0 }, "on hold");
  return { ...hold, instances: told.toSorted(), repeated: missing.length === 0, ...(await tryMarking(async () => await markHeld(ledger, hold))) };
}

/** Only what is signed counts: somebody who can write, and has no key, could otherwise have a wish taken for recorded, and remove it later. */
async function findStanding(ledger: Holding, instances: readonly string[], publicKey: string, wish: HoldWish): Promise<{ id: string; at?: string; told: string[] }> {
  const told = new Map<string, { at: string; instances: Set<string> }>();
  let lastRelease = "";
  for (const instance of instances) {
    const events = await loadBelieved(ledger.stores.archive, instance, publicKey);
    const released = new Map(events.flatMap((event) => (event.kind === "release" ? [[event.hold, event.at] as const] : [])));
    for (const event of events) {
      if (event.kind !== "hold" || !isSameWish(event, wish)) continue;
      const end = released.get(event.hold);
      if (end === undefined) note(event);
      else if (end > lastRelease) lastRelease = end;
    }
  }
  const [standing] = told;
  // After a release the same words make another hold, and every worker that is asked for it the same one.
  if (standing === undefined) return { id: holdId({ selection: wish.selection, reason: wish.reason, by: wish.by, at: lastRelease }), told: [] };
  return { id: standing[0], at: standing[1].at, told: [...standing[1].instances] };

  function note({ hold, at, instance }: EventOf<"hold">): void {
    const ofHold = told.get(hold) ?? { at, instances: new Set<string>() };
    told.set(hold, ofHold);
    ofHold.instances.add(instance);
  }
}

function isSameWish(event: EventOf<"hold">, { selection, reason, by }: HoldWish): boolean {
  return event.reason === reason && event.by === by && isDeepStrictEqual(event.selection, selection);
}

async function gatewaysMeant({ stores: { archive, sources } }: Holding, { instance }: Hold["selection"]): Promise<string[]> {
  const known = [...new Set([...(await listInstances(archive)), ...sources.map((source) => source.instance)])].sort();
  const meant = instance === null ? known : known.filter((one) => one === instance);
  if (meant.length > 0) return meant;
  throw new LedgerError("usage", instance === null ? `${archive.url} holds nothing yet` : `there is no gateway ${JSON.stringify(instance)} in ${archive.url}`, {
    remedy: known.length === 0 ? "bring exports in with aperture-ledger run first" : `gateways are ${listSome(known)}`,
  });
}
