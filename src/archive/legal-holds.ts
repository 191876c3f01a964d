import { loadBelieved } from "./chain/believed-events.ts";
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

/** A hold, and how many copies it is about. */
export interface HoldWithCopies extends Hold {
  copies: number;
}

/** A hold that chains tell of after a call that made or released it. */
export interface HoldChange extends Hold {
  /** Null where they could not be found or marked: `failed` says why. */
  copies: number | null;
  /** Whether every chain told of it before. */
  repeated: boolean;
  /** What failed once it was recorded. The daily job, or the same call again, does the rest. */
  failed: unknown;
}

/** A hold as JSON has it. */
export function describeHold({ id, selection, reason, by, known, at, instances, released, ...rest }: Hold & { copies?: number | null }): object {
  return { id, ...selection, reason, by, ...(known === undefined ? {} : { known }), at, instances, released, ...(rest.copies === undefined ? {} : { copies: rest.copies }) };
}

/** The caller as usage records have it: logins in lower case, tags in order. */
export function callerMeant(text: string): string {
  return identifyCaller(text, []).caller;
}

/**
 * Ends a hold: in each chain that tells of it, then on each copy that no other hold is about. Of one that is released already
 * only the copies are looked at again, which a call that ended half way may have left.
 * Throws `key_missing`, `key_unusable`, and `hold_unknown` where there is no such hold.
 */
export async function releaseHold(ledger: Holding, { id, reason, by, known, at }: Pick<Hold, "id" | "reason" | "by" | "known" | "at">): Promise<HoldChange> {
  const signingKey = await requireKeyOfChain(ledger);
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving);
  const hold = holds.find((one) => one.id === id && one.isHidden === undefined);
  if (hold === undefined) throw holdUnknown(ledger, id);
  if (hold.released === null) {
    for (const instance of hold.instances) {
      const isTold = (await loadBelieved(ledger.stores.archive, instance, signingKey.publicKey)).some((event) => event.kind === "release" && event.hold === id);
      if (isTold) continue;
      await recordEvent(ledger.stores.archive, { format: 1, kind: "release", id, instance, at, by, ...(known === undefined ? {} : { known }), hold: id, reason }, signingKey, ledger.work.archiving.lock);
    }
    ledger.telling.log.info({ hold: id, instances: hold.instances }, "released");
  }
  const released = hold.released ?? { by, ...(known === undefined ? {} : { known }), at, reason };
  const others = holds.filter((one) => one.id !== id && one.released === null);
  return { ...hold, released, repeated: hold.released !== null, ...(await tryMarking(async () => await unmarkReleased(ledger, hold, others))) };
}

/** Sets the store's legal hold on the copies that a hold is about; says how many those are. */
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

/** What comes after the chain tells of something does not undo it, and so is told beside it. */
export async function tryMarking(mark: () => Promise<number>): Promise<Pick<HoldChange, "copies" | "failed">> {
  try {
    return { copies: await mark(), failed: undefined };
  } catch (error) {
    return { copies: null, failed: error };
  }
}

/** Every hold there is or was, oldest first. */
export async function listHolds(ledger: Holding, state: LedgerState): Promise<HoldWithCopies[]> {
  const holds = await loadHolds(ledger.stores.archive, ledger.work.archiving);
  const held = await findHeldCopies(ledger.stores.lake, state, holds);
  return holds.map((hold) => ({ ...hold, copies: held.get(hold.id)?.size ?? 0 }));
}

/** Sets the store's legal hold on what came since the holds were made; says how many copies are on hold. */
export async function keepHolds(ledger: Holding, state: LedgerState): Promise<number> {
  // A hold that nobody can read keeps everything from being removed here; in the store it would outlast what made it.
  const holds = (await loadHolds(ledger.stores.archive, ledger.work.archiving)).filter(({ released, isHidden }) => released === null && isHidden === undefined);
  const copies = new Set([...(await findHeldCopies(ledger.stores.lake, state, holds)).values()].flatMap((keys) => [...keys]));
  await setFlags(ledger, copies, true);
  return copies.size;
}

async function setFlags({ stores: { archive }, telling: { log } }: Holding, keys: Iterable<string>, on: boolean): Promise<void> {
  const { locks } = archive;
  if (locks === undefined || !(await canLock(archive))) return;
  for (const key of keys) {
    if ((await archive.head(key)) === undefined) log.error({ copy: key }, "no copy in the archive to set a legal hold on");
    else if ((await locks.protectionOf(key)).legalHold !== on) await locks.setLegalHold(key, on);
  }
}

function holdUnknown({ stores: { archive } }: Holding, id: string): LedgerError {
  return new LedgerError("hold_unknown", `there is no hold ${JSON.stringify(id)} in ${archive.url}`, { remedy: "aperture-ledger archive hold list shows them" });
}
