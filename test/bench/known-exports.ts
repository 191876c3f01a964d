import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./cache.ts";
import { type ExportFolder, exportsOf } from "./inputs.ts";
import { runProcess } from "./process.ts";
import type { Bench } from "./topic.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The command line as users install it. */
export const LEDGER = join(ROOT, "dist/src/cli/start.js");
const RECORDS_PER_EXPORT = 10;
const DAYS = 84;

export interface KnownExports {
  input: ExportFolder;
  /** Folder. */
  lake: string;
  /** Of Node: ingests what is new, and prints a summary. */
  run: readonly string[];
}

/** Compiles what `LEDGER` names. */
export async function buildLedger(): Promise<void> {
  await runProcess("npm", ["--prefix", ROOT, "run", "-s", "build"]);
}

/** A lake on disk that so many small exports were ingested into. */
export async function lakeOf(exports: number, say: Bench["say"]): Promise<KnownExports> {
  say(`writing ${exports} exports, if they are not there yet`);
  const input = await exportsOf({ records: exports * RECORDS_PER_EXPORT, bodies: false, days: DAYS, limit: RECORDS_PER_EXPORT });
  const lake = join(CACHE, `lake-of-${input.folder.slice(CACHE.length + 1)}`);
  mkdirSync(lake, { recursive: true });
  const run = [LEDGER, "run", "--source", `file://${input.folder}`, "--lake", `file://${lake}`, "--json"];
  say("ingesting them, if they are not known yet");
  await runProcess(process.execPath, run);
  return { input, lake, run };
}
