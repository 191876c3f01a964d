import { addHold } from "../archive/add-hold.ts";
import { releaseHold } from "../archive/legal-holds.ts";
import { previewHold } from "../archive/preview-hold.ts";
import { loadHolds } from "../archive/purging/load-chain.ts";
import type { Ledger } from "../open/ledger.ts";
import type { Config } from "../config/config.ts";
import type { HoldDesk } from "../http/holds/hold-desk.ts";
import { foldLogin } from "../http/login.ts";
import { shareRun } from "../http/share-run.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { openArchiving } from "../open/archive-settings.ts";
import { actor } from "./actor.ts";
import type { Clock } from "../ledger/clock.ts";

/** Legal holds for the worker's pages. Each change opens the ledger, as a job does; listing only reads events. */
export function holdDesk(config: Config, archive: ObjectStore, openLedger: () => Promise<Ledger>, clock: Clock): HoldDesk {
  const holders = config.http?.holds;
  const inTurn = takeTurns();
  return {
    holders: holders === undefined ? null : new Set(holders.map(foldLogin)),
    localUser: actor(),
    list: shareRun(async () => await loadHolds(archive, await openArchiving(config))),
    preview: async (selection) => await previewHold(await openLedger(), selection),
    add: async (wish) => await inTurn(async () => await addHold(await openLedger(), { ...wish, at: clock().toISOString() })),
    release: async (wish) => await inTurn(async () => await releaseHold(await openLedger(), { ...wish, at: clock().toISOString() })),
  };
}

/** Runs one change after another, so that the second of two equal requests finds the record of the first. */
function takeTurns(): <Result>(act: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return async (act) => {
    const mine = last.then(act, act);
    last = mine;
    return await mine;
  };
}
