import { loadVerifiedEvents } from "./chain/verified-events.ts";
import { recordEvent } from "./chain/record-event.ts";
import { canLock } from "./copies/protection.ts";
import type { Hold } from "./retention/hold.ts";
import { LedgerError } from "../ledger/errors.ts";
import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { identifyCaller } from "../ledger/names/caller.ts";
import type { Ledger } from "../open/ledger.ts";
import { requireKeyOfChain } from "./require-signing-key.ts";
import { findHeldCopies } from "./purging/held-copies.ts";
import { loadHolds } from "./purging/load-chain.ts";

export type Holding = Pick<Ledger, "stores" | "telling" | "work">;

/** A hold and the number of copies that it covers. */
export interface HoldWithCopies extends Hold {
  copies: number;
}

/** A hold after a call that set or released it. */
export interface HoldChange extends Hold {
  /** Null if the copies could not be found or marked: `failed` says why. */
  copies: number | null;
  /** Whether every chain had already recorded it. */
  repeated: boolean;
  /** The error after it was recorded, if any. The daily job or a repeated call does the rest. */
  failed: unknown;
}

/** The JSON form of a hold. */
export function holdToJson({ id, selection, reason, by, known, at, instances, released, ...rest }: Hold & { copies?: number | null }): object {
  return { id, ...selection, reason, by, ...(known === undefined ? {} : { known }), at, instances, released, ...(rest.copies === undefined ? {} : { copies: rest.copies }) };
}

/** The caller as in usage records: logins in lower case, tags sorted. */
export function normaliseCaller(text: string): string {
  return identifyCaller(text, []).caller;
}

/**
 * Releases a hold: in each chain that records it, then on each copy that no other hold covers. If the hold is already released, only
 * the copies are processed, in case an earlier call was interrupted.
 * Throws `key_missing`, `key_unusable`, and `hold_unknown` if there is no such hold.
 */
export async function releaseHold(ledger: Holding, { id, reason, by, known, at }: Pick<Hold, "id" | "reason" | "by" | "known" | "at">): Promise<HoldChange> {
  const signingKey = await requireKeyOfChain(ledger);
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving);
  const hold = holds.find((one) => one.id === id && one.isHidden === undefined);
  if (hold === undefined) throw holdUnknown(ledger, id);
  if (hold.released === null) {
    for (const instance of hold.instances) {
      const isTold = (await loadVerifiedEvents(ledger.stores.archive, instance, signingKey.publicKey)).some((event) => event.kind === "release" && event.hold === id);
      if (isTold) continue;
      await recordEvent(ledger.stores.archive, { format: 1, kind: "release", id, instance, at, by, ...(known === undefined ? {} : { known }), hold: id, reason }, signingKey, ledger.work.archiving.lock);
    }
    ledger.telling.log.info({ hold: id, instances: hold.instances }, "released");
  }
  const released = hold.released ?? { by, ...(known === undefined ? {} : { known }), at, reason };
  const others = holds.filter((one) => one.id !== id && one.released === null);
  return { ...hold, released, repeated: hold.released !== null, ...(await tryMarking(async () => await unmarkReleased(ledger, hold, others))) };
}

/** Sets the store's legal hold on the copies that a hold covers and returns their number. */
export async function markHeld(ledger: Holding, hold: Hold): Promise<number> {
  const copies = (await findHeldCopies(ledger.stores.lake, await loadLedgerState(ledger.stores.lake), [hold])).get(hold.id) ?? new Set<string>();
  await setFlags(ledger, copies, true);
  return copies.size;
}

async function unmarkReleased(ledger: Holding, hold: Hold, others: readonly Hold[]): Promise<number> {
  const held = await findHeldCopies(ledger.stores.lake, await loadLedgerState(ledger.stores.lake), [hold, ...others]);
  const copies = held.get(hold.id) ?? new Set<string>();
  const stillHeld = others.map((other) => held.get(other.id));
  await setFlags(ledger, [...copies].filter((key) => !stillHeld.some((keys) => keys?.has(key))), false);
  return copies.size;
}

/** The chain already records the change, so a failure to mark copies does not undo it and is returned beside it. */
export async function tryMarking(mark: () => Promise<number>): Promise<Pick<HoldChange, "copies" | "failed">> {
  try {
    return { copies: await mark(), failed: undefined };
  } catch (error) {
    return { copies: null, failed: error };
  }
}

/** All holds, in force or released, oldest first. */
export async function listHolds(ledger: Holding, state: LedgerState): Promise<HoldWithCopies[]> {
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving);
  const held = await findHeldCopies(ledger.stores.lake, state, holds);
  return holds.map((hold) => ({ ...hold, copies: held.get(hold.id)?.size ?? 0 }));
}

/** Sets the store's legal hold on copies that arrived after the holds were set; returns the number of copies on hold. */
export async function markHeldCopies(ledger: Holding, state: LedgerState): Promise<number> {
  // An unreadable hold prevents removals by the ledger; a legal hold set for it in the store would outlast it.
  const holds = (await loadHolds(ledger.stores.archive, ledger.work.archiving)).filter(({ released, isHidden }) => released === null && isHidden === undefined);
  const copies = new Set([...(await findHeldCopies(ledger.stores.lake, state, holds)).values()].flatMap((keys) => [...keys]));
  await setFlags(ledger, copies, true);
  return copies.size;
}

async function setFlags({ stores: { archive }, telling: { log } }: Holding, keys: Iterable<string>, on: boolean): Promise<void> {
  const { locks } = archive;
  if (locks === undefined || !(await canLock(archive))) return;
  for (const key of keys) {
    if ((await archive.head(key)) === undefined) log.error({ copy: key }, "cannot set a legal hold: the archive has no such copy");
    else if ((await locks.protectionOf(key)).legalHold !== on) await locks.setLegalHold(key, on);
  }
}

function holdUnknown({ stores: { archive } }: Holding, id: string): LedgerError {
  return new LedgerError("hold_unknown", `there is no hold ${JSON.stringify(id)} in ${archive.url}`, { remedy: "aperture-ledger archive hold list shows the holds" });
}
