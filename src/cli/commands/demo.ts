import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { LEDGER_CONFIG_TITLE, ledgerConfig } from "../../simulate/ledger-config.ts";
import { openStore } from "../../storage/open-store.ts";
import { DEFAULT_CONFIG_FILE, loadSettings } from "../../config/reading/settings.ts";
import { print } from "../terminal.ts";
import { chargeMonth } from "./chargeback.ts";
import { runPass } from "./run.ts";
import { GATEWAY_CONFIG, POLICY, writeSimulation } from "./simulate.ts";

const MONTH = "2026-10";
/** This team has a member for half of the month, its own CI, a part of shared costs, and a discount. */
const TEAM = "payments";

/** Runs everything for an invented company's month, from exports to the report. */
export async function demo({ out }: { out: string }, clock: Clock): Promise<number> {
  process.env["LOG_LEVEL"] ??= "warn";
  const folder = resolve(out);
  const [file, exports, lake] = [join(folder, DEFAULT_CONFIG_FILE), join(folder, "exports"), join(folder, "lake")];
  await refuseOthers(file);
  const { files, distinct } = await writeSimulation(await openStore({ url: exports }), {});
  print(`An invented company's ${MONTH}: ${distinct.requests} requests in ${files} export files, in ${exports}`);
  await writeFile(file, ledgerConfig({ exports, lake, gatewayConfig: join(exports, GATEWAY_CONFIG), policy: join(exports, POLICY) }));
  print(`Its ledger's configuration, with teams and who pays for what they share: ${file}`, "");

  const config = await loadSettings({ config: file });
  await runPass(config, {}, clock);
  print("");
  await chargeMonth(config, { month: MONTH }, clock);
  print("", `Open ${pathToFileURL(join(lake, "reports", MONTH, "chargeback.html")).href} in a browser.`);
  print(`How a team's figures came about: npm run -s ledger -- explain --config "${file}" --month ${MONTH} --team ${TEAM}`);
  print(`Any engine reads the tables: duckdb -c "FROM '${join(lake, "usage/*/*.parquet")}' LIMIT 5"`);
  return 0;
}

/** Refuses a configuration that a demo did not write. */
async function refuseOthers(file: string): Promise<void> {
  const found = await readFile(file, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LedgerError("file_unwritable", `${file} cannot be read: ${messageOf(cause)}`, { remedy: "choose another folder with --out", cause });
  });
  if (found === undefined || found.startsWith(LEDGER_CONFIG_TITLE)) return;
  throw new LedgerError("file_exists", `${file} is there already, and no demo wrote it`, { remedy: "choose another folder with --out" });
}
