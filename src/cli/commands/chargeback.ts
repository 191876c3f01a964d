import { readSealed } from "../../archive/timekeeping/read-sealed.ts";
import type { Reporting } from "../../chargeback/make-report.ts";
import { type OpenReport, reportMonth, type WholeFocus } from "../../chargeback/report-month.ts";
import { renderJson } from "../../chargeback/report/render-json.ts";
import type { PublishedReport } from "../../chargeback/gathering/publish-report.ts";
import { teamChargebacks, type TeamChoice, type TeamFiles } from "../../chargeback/gathering/team-chargebacks.ts";
import type { Config } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { loadGatewaySnapshots } from "../../lake/records/gateway-snapshots.ts";
import { loadUsedCatalogues } from "../../open/refresh-catalogues.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { openSigningKey } from "../../open/archive-settings.ts";
import type { LedgerServices } from "../../open/ledger-services.ts";
import { openWith } from "../../open/open-ledger.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { refreshPolicy } from "../../open/refresh-from-gateways.ts";
import { addressOf } from "../../storage/object-address.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { requireClockForClose } from "../clock-for-close.ts";
import { firstLines } from "../first-lines.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { type Outcome, sayNext } from "../next-commands.ts";
import { openLog, print, printJsonText, silentProgress } from "../terminal.ts";
import { closeAndSay, sayClosed } from "./chargeback-close.ts";
import { describeChargeback } from "./describe-chargeback.ts";
import { handOver, type HandOverFlags } from "./hand-over.ts";
import { describeTeamFiles } from "./describe-team-files.ts";

export interface ChargebackFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  /** Whether to close the month. */
  close?: boolean;
  /** Who closes it; by default the logged-in user. */
  by?: string;
  clockIsRight?: boolean;
  json?: boolean;
  /** Also writes a report of this team alone. */
  team?: string;
  /** Also writes a report of each team alone. */
  teams?: boolean;
  /** Local folder for copies of the report's files. */
  out?: string;
  /** Whether to open the page, or the page of `team`, in a browser. */
  open?: boolean;
}

/** Writes a month's report into the lake and summarises it; closes the month on request. Resolves to the exit code. */
export async function chargeback(flags: ChargebackFlags, clock: Clock): Promise<number> {
  if (flags.close && flags.month === undefined) {
    throw new LedgerError("usage", "--close is given without --month", { remedy: "a close cannot be undone: name the month, for example --month 2026-10, or --month last" });
  }
  const config = await loadSettings(flags);
  const month = monthOfFlag(flags.month, "last", config.timezone, clock());
  if (!flags.json) print(...month.said);
  sayNext(await chargeMonth(config, { ...flags, month: month.name }, clock), flags);
  return 0;
}

/** Reports on a month or closes it, and returns the outcome. */
export async function chargeMonth(config: Config, flags: Omit<ChargebackFlags, keyof SettingFlags> & { month: string }, clock: Clock): Promise<Outcome> {
  const ledger = await openReporting(config, clock);
  if (flags.close) await requireClockForClose(config, ledger, flags, clock);
  if (flags.close) {
    const publicKey = (await openSigningKey(config))?.publicKey;
    await closeAndSay(ledger, flags.month, flags, clock, async () => await readSealed(ledger.stores.archive, publicKey));
    return { after: "close", month: flags.month, verifiable: publicKey !== undefined };
  }
  const reported = await reportMonth(ledger, flags.month);
  if ("closed" in reported) await sayClosed(ledger.stores.lake, reported.closed, flags);
  else await sayOpen(ledger.stores.lake, reported, await cutToTeams(ledger.stores.lake, reported.open, flags), flags);
  return { after: "chargeback", month: flags.month, status: "closed" in reported ? "closed" : reported.open.report.status.kind };
}

/** Everything that reporting and closing need. */
export async function openReporting(config: Config, clock: Clock, printing: Pick<LedgerServices, "print"> = {}): Promise<Reporting> {
  const lake = await openLake(config);
  const stores = { lake, archive: await openArchive(config), sources: await openSources(config) };
  const services = { log: openLog(), progress: silentProgress, clock, ...printing };
  const policies = await refreshPolicy(config, lake, services);
  return await openWith(config, stores, { gateways: await loadGatewaySnapshots(lake), catalogues: await loadUsedCatalogues(config, lake), policies }, services);
}

/** Undefined where no team was asked for. */
async function cutToTeams(lake: ObjectStore, { report }: PublishedReport, { team, teams }: Pick<ChargebackFlags, "team" | "teams">): Promise<TeamFiles[] | undefined> {
  const choice: TeamChoice | undefined = team === undefined ? (teams ? { all: true } : undefined) : { team };
  return choice === undefined ? undefined : await teamChargebacks(lake, report, choice);
}

async function sayOpen(lake: ObjectStore, { open: charged, focus }: OpenReport, teams: readonly TeamFiles[] | undefined, flags: HandOverFlags): Promise<void> {
  const files = Object.entries(charged.files).map(([format, key]): [string, string] => [format, addressOf(lake, key)]);
  const keys = [...Object.values(charged.files), ...Object.values(focus.files), ...focus.datasets];
  const handed = await handOver(lake, charged.report.month.name, { keys, teams: teams ?? [] }, flags);
  if (flags.json) {
    const ofTeams = teams === undefined ? {} : { team_files: teams.map((one) => describeTeamFiles(lake, one)) };
    printJsonText(renderJson(charged.report, { files: Object.fromEntries(files), focus: focusAsJson(lake, focus), ...ofTeams, ...handed.json }).trimEnd());
    return;
  }
  print(...describeChargeback(charged, files.map(([, file]) => file)), ...describeFocus(lake, focus));
  if (teams !== undefined) print(...firstLines(teams, (one) => `team page    ${addressOf(lake, one.files.html)}`));
  print(...handed.lines);
}

/** Lines about the FOCUS export: where it is, and what it does not include. */
function describeFocus(lake: Pick<ObjectStore, "url">, { files, written, version, detail, rows, unpriced, datasets }: WholeFocus): string[] {
  return [
    `focus        FOCUS ${version}${detail === "team" ? " by team, without callers" : ""}, ${String(rows)} rows${written.length === 0 ? ", unchanged" : ""}`,
    ...[...Object.values(files), ...datasets].map((key) => `focus        ${addressOf(lake, key)}`),
    ...(unpriced.requests === 0n
      ? []
      : [`             without ${unpriced.requests} requests that have no price: ${unpriced.inputTokens} tokens in, ${unpriced.outputTokens} out`]),
  ];
}

/** The FOCUS export as JSON. */
function focusAsJson(lake: Pick<ObjectStore, "url">, { files, version, detail, rows, unpriced, datasets }: WholeFocus): object {
  return {
    ...Object.fromEntries(Object.entries(files).map(([format, key]) => [format, addressOf(lake, key)])),
    version,
    detail,
    rows,
    ...(datasets.length === 0 ? {} : { datasets: datasets.map((key) => addressOf(lake, key)) }),
    unpriced_requests: unpriced.requests,
    unpriced_input_tokens: unpriced.inputTokens,
    unpriced_output_tokens: unpriced.outputTokens,
  };
}
