import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { Ledger } from "../../src/open/ledger.ts";
import { runOnce, type RunSummary } from "../../src/run/run-once.ts";
import { openLedger } from "../../src/open/open-ledger.ts";
import { loadSettings } from "../../src/config/reading/settings.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { exportsOf, settingsOf } from "./case-files.ts";

export interface CaseLedger {
  /** The lake's folder. */
  lake: string;
  /** The configuration file, `sources` and `lake` included. */
  config: string;
  /** An hour after the last export was made: budgets are evaluated as of then. */
  now: Date;
  ledger: Ledger;
  summary: RunSummary;
}

/** One `run` over a case, from its configuration file to its tables. */
export async function runCase(name: string, settings = settingsOf(name)): Promise<CaseLedger> {
  const folder = temporaryFolder();
  const lake = join(folder, "lake");
  const config = join(folder, "aperture-ledger.yaml");
  const places = `sources: [{name: prod, url: "${exportsOf(name)}"}]\nlake: "${lake}"\n`;
  writeFileSync(config, settings.trim() === "{}" ? places : `${places}${settings}`);
  const now = new Date(Math.max(...exportSeconds(name)) * 1000 + 3_600_000);
  const silent = { log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } };
  const ledger = await openLedger(await loadSettings({ config }), { ...silent, clock: () => now });
  return { lake, config, now, ledger, summary: await runOnce(ledger) };
}

/** Times of a case's exports, Unix seconds, from their names. */
function exportSeconds(name: string): number[] {
  return readdirSync(exportsOf(name)).map((file) => Number(/\d+/.exec(file)?.[0]));
}
