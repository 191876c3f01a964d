import { addHold, listHolds, releaseHold } from "../../jobs/archive/legal-holds.ts";
import type { LedgerContext } from "../../jobs/ledger-context.ts";
import { holdId } from "../archive/retention/hold.ts";
import type { Config } from "../config.ts";
import type { HoldDesk } from "../http/holds.ts";
import { foldLogin } from "../http/login.ts";
import { loadLedgerState } from "../lake/ledger-state.ts";
import { whoCalls } from "./who-calls.ts";

/** Legal holds for the worker's door; the ledger is opened anew for each change, as for a job. */
export function openHolds(config: Config, openLedger: () => Promise<LedgerContext>, clock: () => Date): HoldDesk {
  const holders = config.http?.holds;
  const open = async () => {
    const ledger = await openLedger();
    return { ledger, state: await loadLedgerState(ledger.lake) };
  };
  return {
    holders: holders === undefined ? null : new Set(holders.map(foldLogin)),
    localUser: whoCalls(),
    list: async () => {
      const { ledger, state } = await open();
      return await listHolds(ledger, state);
    },
    add: async (wish) => {
      const { ledger, state } = await open();
      const whole = { ...wish, at: clock().toISOString() };
      return await addHold(ledger, state, { id: holdId(whole), ...whole });
    },
    release: async (wish) => {
      const { ledger, state } = await open();
      return await releaseHold(ledger, state, { ...wish, at: clock().toISOString() });
    },
  };
}
