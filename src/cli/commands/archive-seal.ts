import { finishErasures } from "../../../jobs/archive/finish-erasures.ts";
import { keepHolds } from "../../../jobs/archive/legal-holds.ts";
import { type SealedGateway, sealArchive } from "../../../jobs/archive/seal-archive.ts";
import { loadLedgerState } from "../../lake/ledger-state.ts";
import { openLedger } from "../open-ledger.ts";
import { loadSettings, type SettingFlags } from "../settings.ts";
import { openLog, openProgress, print, printJson } from "../terminal.ts";
import { whoCalls } from "../who-calls.ts";

/** Does what the worker does each day but for retention: sets holds on what came since, finishes erasures, and makes today's digests. */
export async function sealNow(flags: SettingFlags & { json?: boolean }): Promise<number> {
  const config = await loadSettings(flags);
  const progress = await openProgress();
  try {
    const ledger = await openLedger(config, { log: openLog(), progress, clock: () => new Date() }, "is as kept");
    const state = await loadLedgerState(ledger.lake);
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

function describeSealed({ instance, digests, sealed_up_to: day, waiting, overtaken }: SealedGateway): string[] {
  const lines = digests.map(({ date, number, sha256, exports, events }) =>
    `sealed       ${instance} ${date}: digest ${String(number)} lists ${String(exports)} exports and ${String(events)} events, SHA-256 ${sha256}`);
  if (overtaken) return [...lines, `overtaken    ${instance}: another sealing made the digest of ${day} at the same time`];
  if (digests.length > 0) return lines;
  return [`already      ${instance}: there is a digest of ${day}; ${String(waiting.exports)} exports and ${String(waiting.events)} events wait for the next one`];
}
