import { randomUUID } from "node:crypto";
import { finishErasures } from "../../../jobs/archive/finish-erasures.ts";
import { keepHolds } from "../../../jobs/archive/legal-holds.ts";
import { acceptObjects } from "../../../jobs/archive/accept-objects.ts";
import { type SealedGateway, sealArchive } from "../../../jobs/archive/seal-archive.ts";
import { said } from "../../../jobs/archive/said.ts";
import type { LedgerContext } from "../../../jobs/ledger-context.ts";
import { LedgerError } from "../../errors.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../open-ledger.ts";
import { loadSettings, type SettingFlags } from "../settings.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { whoCalls } from "../who-calls.ts";

export interface SealFlags extends SettingFlags {
  /** Keys of what is to be listed although nobody vouches for it. */
  accept?: string[];
  reason?: string;
  by?: string;
  json?: boolean;
}

/** Does what the worker does each day but for retention: sets holds on what came since, finishes erasures, and makes today's digests. */
export async function sealNow(flags: SealFlags): Promise<number> {
  const config = await loadSettings(flags);
  const progress = await openProgress();
  try {
    const ledger = await openLedger(config, { log: openLog(), progress, clock: () => new Date() }, "is as kept");
    const state = await loadLedgerState(ledger.lake);
    await accept(ledger, flags);
    await keepHolds(ledger, state);
    await finishErasures(ledger, state, whoCalls());
    const sealed = await sealArchive(ledger, state, ledger.clock());
    progress.end();
    if (flags.json) printJson(sealed);
    else print(...sealed.gateways.flatMap(describeSealed));
    return 0;
  } finally {
    progress.end();
  }
}

/** Somebody's word comes first: what it is about is sealed now. */
async function accept(ledger: LedgerContext, { accept: keys = [], reason, by }: SealFlags): Promise<void> {
  const why = said("--reason", reason);
  if (keys.length === 0 && why === undefined) return;
  if (keys.length === 0 || why === undefined) throw new LedgerError("usage", "--accept and --reason go together", { remedy: "say what you stand up for, and why: both are kept for ever" });
  const now = ledger.clock();
  await acceptObjects(ledger, keys, { reason: why, by: whoCalls(by), now, id: randomUUID() });
}

function describeSealed({ instance, digests, sealed_up_to: day, checkpoints, waiting, overtaken }: SealedGateway): string[] {
  const lines = [...digests.map(({ date, number, sha256, exports, events }) =>
    `sealed       ${instance} ${date}: digest ${String(number)} lists ${String(exports)} exports and ${String(events)} events, SHA-256 ${sha256}`), ...checkpoints.map((key) => `checkpoint   ${instance}: ${key} lists what came since`)];
  if (overtaken) return [...lines, `overtaken    ${instance}: another sealing made the digest of ${day} at the same time`];
  if (digests.length > 0) return lines;
  return [...lines, `already      ${instance}: there is a digest of ${day}; ${String(waiting.exports)} exports and ${String(waiting.events)} events wait for the next one`];
}
