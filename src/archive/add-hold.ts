import { isDeepStrictEqual } from "node:util";
import { loadVerifiedEvents } from "./chain/verified-events.ts";
import type { ArchiveEvent, EventOf } from "./chain/event.ts";
import { recordEvent } from "./chain/record-event.ts";
import { listInstances } from "./copies/list-archive.ts";
import { type Hold, holdId } from "./retention/hold.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type HoldChange, type Holding, markHeld, tryMarking } from "./legal-holds.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { pseudonymOfSelection } from "./purging/load-chain.ts";
import { listSome } from "../ledger/text/list-some.ts";

export type HoldRequest = Pick<Hold, "selection" | "reason" | "by" | "known" | "at">;

/**
 * Puts records on hold: first in the chain of every gateway that they may come from, then on each copy where the store supports it.
 * The same request by the same person is the same hold until it is released, so a call whose answer was lost may be repeated.
 * The hold is in force once one chain records it; a later failure is part of the answer.
 * Throws `key_missing`, `key_unusable`, `usage` for an unknown gateway or an empty archive, and the store's error while no chain records the hold.
 * @param request.id the id, where the caller chooses it; by default it is derived from the request
 */
export async function addHold(ledger: Holding, { id: chosen, ...request }: HoldRequest & { id?: string }): Promise<HoldChange> {
  const signingKey = await requireKeyOfChain(ledger);
  const instances = await selectedGateways(ledger, request.selection);
  const { id, at: since, recorded } = chosen === undefined ? await findInForce(ledger, instances, signingKey.publicKey, request) : { id: chosen, recorded: [] };
  const { selection, reason, by, at, known } = request;
  const hold: Hold = { id, ...request, at: since ?? at, ...pseudonymOfSelection(selection, ledger.work.archiving), instances: recorded, released: null };
  const missing = instances.filter((instance) => !recorded.includes(instance));
  for (const instance of missing) {
    const event: ArchiveEvent = { format: 1, kind: "hold", id, instance, at, by, ...(known === undefined ? {} : { known }), hold: id, selection, reason };
    try {
      await recordEvent(ledger.stores.archive, event, signingKey, ledger.work.archiving.lock);
    } catch (error) {
      if (recorded.length === 0) throw error;
      return { ...hold, instances: recorded.toSorted(), copies: null, repeated: false, failed: error };
    }
    recorded.push(instance);
  }
  ledger.telling.log.info({ hold: id, instances, repeated: missing.length === 0 }, "on hold");
  return { ...hold, instances: recorded.toSorted(), repeated: missing.length === 0, ...(await tryMarking(async () => await markHeld(ledger, hold))) };
}

/** Counts only signed events: otherwise somebody with write access but no key could make a hold look recorded, and remove it later. */
async function findInForce(ledger: Holding, instances: readonly string[], publicKey: string, request: HoldRequest): Promise<{ id: string; at?: string; recorded: string[] }> {
  const recorded = new Map<string, { at: string; instances: Set<string> }>();
  let lastRelease = "";
  for (const instance of instances) {
    const events = await loadVerifiedEvents(ledger.stores.archive, instance, publicKey);
    const released = new Map(events.flatMap((event) => (event.kind === "release" ? [[event.hold, event.at] as const] : [])));
    for (const event of events) {
      if (event.kind !== "hold" || !isSameRequest(event, request)) continue;
      const end = released.get(event.hold);
      if (end === undefined) note(event);
      else if (end > lastRelease) lastRelease = end;
    }
  }
  const [inForce] = recorded;
  // After a release the same request makes a new hold, whose id is the same on every worker.
  if (inForce === undefined) return { id: holdId({ selection: request.selection, reason: request.reason, by: request.by, at: lastRelease }), recorded: [] };
  return { id: inForce[0], at: inForce[1].at, recorded: [...inForce[1].instances] };

  function note({ hold, at, instance }: EventOf<"hold">): void {
    const ofHold = recorded.get(hold) ?? { at, instances: new Set<string>() };
    recorded.set(hold, ofHold);
    ofHold.instances.add(instance);
  }
}

function isSameRequest(event: EventOf<"hold">, { selection, reason, by }: HoldRequest): boolean {
  return event.reason === reason && event.by === by && isDeepStrictEqual(event.selection, selection);
}

/** The gateways that a selection is about. Throws `usage` where there are none. */
export async function selectedGateways({ stores: { archive, sources } }: Holding, { instance }: Hold["selection"]): Promise<string[]> {
  const known = [...new Set([...(await listInstances(archive)), ...sources.map((source) => source.instance)])].sort();
  const meant = instance === null ? known : known.filter((one) => one === instance);
  if (meant.length > 0) return meant;
  throw new LedgerError("usage", instance === null ? `${archive.url} is empty` : `there is no gateway ${JSON.stringify(instance)} in ${archive.url}`, {
    remedy: known.length === 0 ? "first ingest exports with aperture-ledger run" : `the gateways are ${listSome(known)}`,
  });
}
