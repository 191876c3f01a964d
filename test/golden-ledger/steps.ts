import { reportMonth, serveClosed } from "../../src/chargeback/report-month.ts";
import { addHold } from "../../src/archive/add-hold.ts";
import { eraseCaller } from "../../src/archive/erase-caller.ts";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { closeMonth } from "../../src/chargeback/close-month.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { writeObjects } from "../packed-objects.ts";
import { LATER_EXPORTS, NOVEMBER_EXPORTS, OCTOBER_EXPORTS, packExports } from "./exports.ts";
import { NOVEMBER_SETTINGS, OCTOBER_SETTINGS } from "./gateway-settings.ts";
import { openGolden } from "./open-golden.ts";

export const CLOSED = "2026-10";
export const OPEN = "2026-11";
/** When the golden ledger is as it is committed. */
export const COMMITTED_AT = "2026-11-12T09:00:00Z";

/** October, closed; then November with late usage of October, a hold and an erasure: what is committed. */
export async function makeGolden(folder: string): Promise<void> {
  writeObjects(folder, new Map([...OCTOBER_SETTINGS, ...packExports(OCTOBER_EXPORTS)]));
  await run(folder, "2026-11-01T06:00:00Z");
  await seal(folder, "2026-11-01T07:00:00Z");
  await close(folder, CLOSED, "2026-11-02T09:00:00Z");

  writeObjects(folder, new Map([...NOVEMBER_SETTINGS, ...packExports(NOVEMBER_EXPORTS)]));
  await run(folder, "2026-11-10T06:00:00Z");
  const hold = { selection: { caller: "bob@example.com", session: null, instance: null, from: null, to: null }, reason: "matter 12", by: "legal@example.com", known: "command", at: "2026-11-10T09:00:00.000Z" } as const;
  await addHold(await openGolden(folder, hold.at), hold);
  let events = 0;
  const erasure = { login: "eve@example.com", reason: "request 7", by: "dpo@example.com", apply: true };
  await eraseCaller(await openGolden(folder, "2026-11-10T10:00:00Z"), erasure, () => `erasure-${String(++events)}`);
  await run(folder, "2026-11-11T06:00:00Z");
  await seal(folder, "2026-11-11T07:00:00Z");
}

/** What a report of the open month writes. */
export async function reportGolden(folder: string): Promise<void> {
  await reportMonth(await openGolden(folder, COMMITTED_AT), OPEN);
}

/** What a later version does with it: reads late usage, seals, and closes the open month. */
export async function continueGolden(folder: string): Promise<void> {
  writeObjects(folder, packExports(LATER_EXPORTS));
  await run(folder, "2026-12-01T06:00:00Z");
  await seal(folder, "2026-12-01T07:00:00Z");
  await close(folder, OPEN, "2026-12-02T09:00:00Z");
}

async function run(folder: string, at: string): Promise<void> {
  await runOnce(await openGolden(folder, at));
}

async function seal(folder: string, at: string): Promise<void> {
  const ledger = await openGolden(folder, at);
  await sealArchive(ledger, await loadLedgerState(ledger.stores.lake), ledger.work.clock());
}

async function close(folder: string, month: string, at: string): Promise<void> {
  const ledger = await openGolden(folder, at);
  const { record } = await closeMonth(ledger, month, { by: "finance@example.com", now: ledger.work.clock(), chain: [] });
  await serveClosed(ledger.stores.lake, record);
}
