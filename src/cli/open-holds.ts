import { addHold } from "../archive/add-hold.ts";
import { releaseHold } from "../archive/legal-holds.ts";
import { loadHolds } from "../archive/purging/load-chain.ts";
import type { Ledger } from "../open/ledger.ts";
import type { Config } from "../config/config.ts";
import type { HoldDesk } from "../http/holds.ts";
import { foldLogin } from "../http/login.ts";
import { shareRun } from "../http/share-run.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { openArchiving } from "../open/open-archiving.ts";
import { whoCalls } from "./who-calls.ts";

/** Legal holds for the worker's door; the ledger is opened anew for each change, as for a job. To list them only events are read. */
export function openHolds(config: Config, archive: ObjectStore, openLedger: () => Promise<Ledger>, clock: () => Date): HoldDesk {
  const holders = config.http?.holds;
  const inTurn = takeTurns();
  return {
    holders: holders === undefined ? null : new Set(holders.map(foldLogin)),
    localUser: whoCalls(),
    list: shareRun(async () => await loadHolds(archive, await openArchiving(config))),
    add: async (wish) => await inTurn(async () => await addHold(await openLedger(), { ...wish, at: clock().toISOString() })),
    release: async (wish) => await inTurn(async () => await releaseHold(await openLedger(), { ...wish, at: clock().toISOString() })),
  };
}

/** One change after another: the second of two equal wishes finds what the first recorded. */
function takeTurns(): <Result>(act: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return async (act) => {
    const mine = last.then(act, act);
    last = mine;
    return await mine;
  };
}
