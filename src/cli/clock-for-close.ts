import { randomUUID } from "node:crypto";
import type { Reporting } from "../chargeback/make-report.ts";
import { requireRightClock } from "../archive/timekeeping/confirm-clock.ts";
import type { Config } from "../config/config.ts";
import { findClose } from "../lake/records/close-record.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { openWork } from "../open/open-ledger.ts";
import { openStores } from "../open/open-stores.ts";
import { actor } from "./actor.ts";
import type { Clock } from "../ledger/clock.ts";

/** Throws `clock_doubtful` for an open month; a closed one no longer depends on the clock. */
export async function requireClockForClose(config: Config, { stores: { lake }, telling }: Reporting, { month, by, clockIsRight = false }: { month: string; by?: string; clockIsRight?: boolean }, clock: Clock): Promise<void> {
  if ((await findClose(lake, month)) !== undefined) return;
  const ledger = { stores: await openStores(config), telling, work: await openWork(config, { clock, signs: false }) };
  await requireRightClock(ledger, await loadLedgerState(lake), { what: "close", now: clock(), by: actor(by), isConfirmed: clockIsRight, newId: randomUUID });
}
