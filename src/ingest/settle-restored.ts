import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { noteRestored } from "../lake/note-restored.ts";
import type { Ledger } from "../open/ledger.ts";

/** The ledger's state; where the lake was copied or restored, what it has under other ETags than its manifests say is noted first. */
export async function loadSettledState({ stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">): Promise<LedgerState> {
  const state = await loadLedgerState(lake);
  const objects = state.restored.size;
  if (objects === 0) return state;
  const settled = await noteRestored(lake, state);
  log.info({ objects }, "objects have the bytes of their manifests under other ETags, as in a lake that was copied or restored: noted");
  return settled;
}
