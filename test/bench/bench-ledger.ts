import { landAsProcessorsAllow } from "../../src/ingest/landing-threads.ts";
import type { ExportSource, Ledger } from "../../src/open/ledger.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { changeLedger, type LedgerChanges } from "../change-ledger.ts";
import { plainLedger } from "../plain-ledger.ts";

/** A ledger of these sources as the command line opens it. */
export function benchLedger(lake: ObjectStore, sources: readonly ExportSource[], changes: LedgerChanges = {}): Ledger {
  const rules = { normalisingAt: (instance: string) => ({ instance, gateway: [], dimensions: new Map([["repo", "X-Github-Repository"]]) }) };
  return changeLedger(plainLedger(lake, lake), { stores: { sources }, rules, work: { land: landAsProcessorsAllow() } }, changes);
}
