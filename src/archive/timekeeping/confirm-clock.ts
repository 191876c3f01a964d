import { listInstances } from "../copies/list-archive.ts";
import { recordEvent } from "../chain/record-event.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { Ledger } from "../../open/ledger.ts";
import { requireKeyOfChain } from "../require-signing-key.ts";
import { chainedGateways } from "../sealing/gateways.ts";
import { type ClockedAction, findClockDoubt } from "./find-doubt.ts";

export interface ClockCall {
  what: ClockedAction;
  now: Date;
  /** Who calls. */
  by: string;
  /** Whether they say that the clock is right. */
  isSaidToBeRight: boolean;
  /** Of the events that record it. */
  newId: () => string;
}

/**
 * Throws `clock_doubtful` where nothing but this machine shows that it is so late, or so early, and nobody says that its clock is right.
 * Whose word it was is signed into the chain of every gateway, where there is a key.
 */
export async function requireRightClock(
  ledger: Pick<Ledger, "stores" | "telling" | "work">,
  state: Pick<LedgerState, "exports">,
  { what, now, by, isSaidToBeRight, newId }: ClockCall,
): Promise<void> {
  const doubt = await findClockDoubt(ledger, state, now, what);
  if (doubt === undefined) return;
  if (!isSaidToBeRight || !doubt.isConfirmable) throw doubt.error;
  ledger.telling.log.warn({ by, now: now.toISOString(), newest: doubt.newest?.toISOString() }, "the clock is said to be right");
  if (ledger.work.archiving.signingKey === undefined) return;
  const signingKey = await requireKeyOfChain(ledger);
  for (const instance of chainedGateways(ledger.stores, await listInstances(ledger.stores.archive))) {
    await recordEvent(ledger.stores.archive, { format: 1, kind: "clock", id: newId(), instance, at: now.toISOString(), by, newest: doubt.newest?.toISOString() ?? null }, signingKey, ledger.work.archiving.lock);
  }
}
