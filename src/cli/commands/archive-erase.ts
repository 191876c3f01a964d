import { randomUUID } from "node:crypto";
import { eraseCaller, type ErasureReport } from "../../archive/erase-caller.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { openStores, openStoresToWrite } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { actor } from "../actor.ts";
import { firstLines } from "../first-lines.ts";
import type { Clock } from "../../ledger/clock.ts";

export interface EraseFlags extends SettingFlags {
  caller: string;
  reason: string;
  by?: string;
  apply?: boolean;
  json?: boolean;
}

/** Replaces a caller by a pseudonym, or shows what that would change. Resolves to the exit code. */
export async function eraseFromArchive(flags: EraseFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const ledger = await openLedger(config, { log: openLog(), progress: silentProgress, clock }, "cached", await (flags.apply ? openStoresToWrite : openStores)(config));
  const { caller: login, reason, apply = false } = flags;
  const report = await eraseCaller(ledger, { login, reason, by: actor(flags.by), apply }, randomUUID);
  if (flags.json) printJson(report);
  else print(...describe(report));
  return 0;
}

function describe({ pseudonym, applied, recorded, alerts, journal, exports }: ErasureReport): string[] {
  if (exports.length === 0 && alerts === 0 && journal === 0) return ["nothing      no ingested export has requests of this caller"];
  const count = (copy: string): string => String(exports.filter((one) => one.copy === copy).length);
  return [
    `pseudonym    ${pseudonym}`,
    `copies       ${count("reduced")} ${applied ? "reduced" : "to be reduced"}, ${count("done")} done before, ${count("locked")} locked`,
    ...firstLines(keysOf(exports, "locked"), (key) => `locked       ${key}: unchanged until its lock expires; then the daily job reduces it`),
    ...firstLines(keysOf(exports, "unfinished"), (key) => `unfinished   ${key}: retention declared its reduction; after archive purge --apply has finished that, the daily job erases`),
    ...firstLines(keysOf(exports, "purged"), (key) => `purged       ${key}: the copy no longer exists; its rows are rewritten in place`),
    ...firstLines(exports.filter(({ tables }) => tables === "left"), ({ key }) => `left         ${key}: a different version wrote its rows, and there is no complete copy to derive them from: the rows keep the login`),
    ...firstLines(recorded, (instance) => `chain        of ${instance} ${applied ? "records the erasure" : "would record the erasure"}`),
    ...(alerts === 0 ? [] : [`alerts       ${String(alerts)} ${applied ? "have" : "would have"} the pseudonym, also in their keys`]),
    ...(journal === 0 ? [] : [`journal      ${String(journal)} ${journal === 1 ? "entry" : "entries"} of who read what ${applied ? "have" : "would have"} the pseudonym`]),
    "not covered  reports of open months until aperture-ledger chargeback writes them again; closed months, which keep the login and the sessions that link it to the pseudonym; messages that were already sent",
    applied ? "next         aperture-ledger run derives the tables again" : "next         nothing was changed; --apply erases",
  ];
}

function keysOf(exports: ErasureReport["exports"], wanted: ErasureReport["exports"][number]["copy"]): string[] {
  return exports.filter(({ copy }) => copy === wanted).map(({ key }) => key);
}
