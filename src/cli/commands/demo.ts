import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { LEDGER_CONFIG_TITLE, ledgerConfig } from "../../simulate/ledger-config.ts";
import { type SimulationOptions, simulationOptions } from "../../simulate/options.ts";
import { providerBill } from "../../simulate/provider-bill.ts";
import { comesAfterClose, FEW_DAYS, FEW_DAYS_OVER, OCTOBER_OVER, SEPTEMBER_CLOSED, TWO_MONTHS } from "../../simulate/two-months.ts";
import { inventRecords } from "../../simulate/write-exports.ts";
import { openStore } from "../../storage/open-store.ts";
import { DEFAULT_CONFIG_FILE, loadSettings } from "../../config/reading/settings.ts";
import { print } from "../terminal.ts";
import { alerts } from "./alerts.ts";
import { keyFilesIn, writeKeyPair } from "./archive-keys.ts";
import { sealAndSay } from "./archive-seal.ts";
import { archiveVerify } from "./archive-verify.ts";
import { closeAndSay } from "./chargeback-close.ts";
import { chargeMonth, openReporting } from "./chargeback.ts";
import { reconcileBills } from "./reconcile.ts";
import { runPass } from "./run.ts";
import { GATEWAY_CONFIG, POLICY, writeSimulation } from "./simulate.ts";

const [CLOSED, OPEN] = ["2026-09", "2026-10"];
const CLOSED_BY = "Kim, finance";
const atClose: Clock = () => SEPTEMBER_CLOSED;
const BILLED = "anthropic";
/** This team has a member for half of the month, CI of its own, a part of shared costs, a discount, and a budget that it uses up. */
const TEAM = "payments";

/**
 * Runs everything for two months of an invented company, from exports to reports: September is closed before all of its exports have arrived, and
 * October is reconciled with a bill. The company has its own clock, so that pages and tables of October are the same whenever the demo runs. The id
 * of the close differs in each ledger, since it covers the versions of the ledger's own files.
 */
export async function demo({ out, small = false }: { out: string; small?: boolean }): Promise<number> {
  process.env["LOG_LEVEL"] ??= "warn";
  const folder = resolve(out);
  const [file, exports, lake] = [join(folder, DEFAULT_CONFIG_FILE), join(folder, "exports"), join(folder, "lake")];
  const [simulated, over] = small ? [FEW_DAYS, FEW_DAYS_OVER] : [TWO_MONTHS, OCTOBER_OVER];
  const atEnd: Clock = () => over;
  await refuseOthers(file);
  const store = await openStore({ url: exports });
  const { truth: { files, distinct }, heldBack } = await writeSimulation(store, simulated, comesAfterClose);
  print(`An invented company's ${CLOSED} and ${OPEN}: ${distinct.requests} requests in ${files} export files, in ${exports}`);
  const signingKey = await makeKey(join(folder, "keys"));
  await writeFile(file, ledgerConfig({ exports, lake, gatewayConfig: join(exports, GATEWAY_CONFIG), policy: join(exports, POLICY), archive: join(folder, "archive"), signingKey }));
  print(`Its ledger's configuration, with teams, shared costs, prices and budgets: ${file}`);
  const config = await loadSettings({ config: file });

  await closeFirst(config);
  for (const { name, bytes } of heldBack) await store.replace(name, bytes);
  await reportSecond(config, file, await writeBill(folder, simulated), atEnd);
  await sealAndVerify(file, atEnd);
  await showAlerts(file);
  showWhereToLook({ file, lake });
  return 0;
}

async function closeFirst(config: Config): Promise<void> {
  print("", `On ${dayOf(SEPTEMBER_CLOSED)} the ledger reads the exports that have arrived, and finance closes ${CLOSED}.`, "");
  await runPass(config, {}, atClose);
  print("");
  // Closed by the company's clock, not the machine's.
  await closeAndSay(await openReporting(config, atClose), CLOSED, { by: CLOSED_BY }, atClose, () => Promise.resolve([]));
}

async function reportSecond(config: Config, file: string, bill: string, atEnd: Clock): Promise<void> {
  print("", `By ${dayOf(atEnd())} the exports of ${OPEN} have arrived, and some exports of ${CLOSED} that are too late for its close.`, "");
  await runPass(config, {}, atEnd);
  print("", `The bill of ${BILLED} for ${OPEN} is compared with the ledger: ${bill}`, "");
  await reconcileBills({ config: file, month: OPEN, bill: [bill] }, atEnd);
  print("");
  await chargeMonth(config, { month: OPEN }, atEnd);
}

/** Returns the path of the private key. The key of an earlier demo stays, since it signed the archive beside it. */
async function makeKey(folder: string): Promise<string> {
  const { private: file } = keyFilesIn(folder);
  if (!existsSync(file)) await writeKeyPair(folder);
  return file;
}

async function sealAndVerify(file: string, atEnd: Clock): Promise<void> {
  print("", "The archive has a copy of every export. A signed digest lists the copies, and an auditor verifies them with the public key.", "");
  await sealAndSay({ config: file }, atEnd);
  await archiveVerify({ config: file }, atEnd);
}

async function showAlerts(file: string): Promise<void> {
  print("", "Alerts: budgets that were reached, and a day that cost far more than usual. With notify: in the configuration they are sent.", "");
  await alerts({ config: file });
}

/** Path of the bill. */
async function writeBill(folder: string, simulated: Partial<SimulationOptions>): Promise<string> {
  const [bills, name] = [join(folder, "bills"), `${BILLED}-${OPEN}.csv`];
  const text = providerBill(inventRecords(simulationOptions(simulated)), { provider: BILLED, month: OPEN });
  await (await openStore({ url: bills })).replace(name, Buffer.from(text));
  return join(bills, name);
}

function showWhereToLook({ file, lake }: { file: string; lake: string }): void {
  const page = (month: string): string => pathToFileURL(join(lake, "reports", month, "chargeback.html")).href;
  const ledger = (command: string, more: string): string => `aperture-ledger ${command} --config "${file}" ${more}`;
  print(
    "",
    `Bill and ledger, day by day: ${join(lake, "reports", OPEN, "reconciliation.csv")}`,
    `How a team's figures came about: ${ledger("explain", `--month ${OPEN} --team ${TEAM}`)}`,
    `What changed since the close: ${ledger("chargeback diff", `${CLOSED}@closed ${CLOSED}@now`)}`,
    `State of the budgets: ${ledger("limits", "")}`.trimEnd(),
    `Any engine reads the tables: duckdb -c "FROM '${join(lake, "usage/*/*.parquet")}' LIMIT 5"`,
    `As ${CLOSED} was closed: ${page(CLOSED)}`,
    "",
    `Open in a browser: ${page(OPEN)}`,
  );
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, "YYYY-MM-DD".length);
}

/** Refuses a configuration that this demo did not write, since exports of another company would mix with these. */
async function refuseOthers(file: string): Promise<void> {
  const found = await readFile(file, "utf8").catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LedgerError("file_unwritable", `${file} cannot be read: ${messageOf(cause)}`, { remedy: "choose another folder with --out", cause });
  });
  if (found === undefined || found.startsWith(LEDGER_CONFIG_TITLE)) return;
  throw new LedgerError("file_exists", `${file} already exists, and this demo did not write it`, { remedy: "choose another folder with --out, or delete this one if it is from the demo of an earlier version" });
}
