import { listInstances } from "../copies/list-archive.ts";
import { recordEvent } from "../chain/record-event.ts";
import type { LedgerState } from "../../lake/ledger-state.ts";
import type { Ledger } from "../../open/ledger.ts";
import { requireKeyOfChain } from "../require-signing-key.ts";
import { chainedGateways } from "../sealing/gateways.ts";
import { type ClockedAction, findClockDoubt } from "./find-clock-doubt.ts";

export interface ClockCall {
  what: ClockedAction;
  now: Date;
  /** Login of the caller. */
  by: string;
  /** Whether the caller states that the clock is right. */
  isConfirmed: boolean;
  /** Makes ids for the events that record the statement. */
  newId: () => string;
}

/**
 * Throws `clock_doubtful` if nothing confirms this machine's clock and the caller does not state that it is right.
 * The statement is signed into the chain of every gateway, if a key is configured.
 */
export async function requireRightClock(
  ledger: Pick<Ledger, "stores" | "telling" | "work">,
  state: Pick<LedgerState, "exports">,
  { what, now, by, isConfirmed, newId }: ClockCall,
): Promise<void> {
  const doubt = await findClockDoubt(ledger, state, now, what);
  if (doubt === undefined) return;
  if (!isConfirmed || !doubt.isConfirmable) throw doubt.error;
  ledger.telling.log.warn({ by, now: now.toISOString(), newest: doubt.newest?.toISOString() }, "the caller states that the clock is right");
  if (ledger.work.archiving.signingKey === undefined) return;
  const signingKey = await requireKeyOfChain(ledger);
  for (const instance of chainedGateways(ledger.stores, await listInstances(ledger.stores.archive))) {
    await recordEvent(ledger.stores.archive, { format: 1, kind: "clock", id: newId(), instance, at: now.toISOString(), by, newest: doubt.newest?.toISOString() ?? null }, signingKey, ledger.work.archiving.lock);
  }
}
