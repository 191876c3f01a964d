import { type LedgerState, loadLedgerState } from "../lake/ledger-state.ts";
import { noteRestored } from "../lake/note-restored.ts";
import type { Ledger } from "../open/ledger.ts";

/** The ledger's state. In a copied or restored lake, unchanged objects with different ETags are noted first. */
export async function loadSettledState({ stores: { lake }, telling: { log } }: Pick<Ledger, "stores" | "telling">): Promise<LedgerState> {
  const state = await loadLedgerState(lake);
  const objects = state.restored.size;
  if (objects === 0) return state;
  const settled = await noteRestored(lake, state);
  log.info({ objects }, "unchanged objects have different ETags, as in a copied or restored lake: noted");
  return settled;
}
