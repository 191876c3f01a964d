import { existsSync } from "node:fs";
import { askAboutWeights, findDoubtfulWeights, WEIGHTS_REMEDY } from "../../allocation/settings/doubtful-weights.ts";
import { fetchGatewayConfig } from "../../aperture/gateway/fetch-gateway-config.ts";
import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { configuredCharges } from "../../open/configured-charges.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { findInTargets, findUndelivered } from "./doctor-alerts.ts";
import { findInArchive } from "./doctor-archive.ts";
import { findInBills } from "./doctor-bills.ts";
import { findInChains, findInKeyFiles, findSigningKey } from "./doctor-chain.ts";
import { findAmongEvents, findInClock } from "./doctor-clock.ts";
import { findInCopies } from "./doctor-copies.ts";
import { findInOwners, findUndeliveredReports } from "./doctor-deliveries.ts";
import { findInDimensions } from "./doctor-dimensions.ts";
import { findInDirectory } from "./doctor-directory.ts";
import { findInHooks } from "./doctor-hooks.ts";
import { findInPlaces } from "./doctor-places.ts";
import { findInCatalogues } from "./doctor-catalogues.ts";
import { findInHealth } from "./doctor-health.ts";
import { findInQuotas } from "./doctor-quotas.ts";
import { findInLimits } from "./doctor-limits.ts";
import { findInNames } from "./doctor-names.ts";
import { findInPrices } from "./doctor-prices.ts";
import { findInSource, findInStore } from "./doctor-stores.ts";
import type { Finding } from "./finding.ts";
import { DEFAULT_CONFIG_FILE, loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { sayNext } from "../next-commands.ts";
import { print, printJson } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";

/** Checks configuration, sources and lake. Resolves to 1 if a run would fail. */
export async function doctor(flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const findings = [
    ...checkConfiguration(flags),
    ...(await attemptAll("places", () => findInPlaces(config))),
    ...(await checkSources(config)),
    ...(await checkLake(config)),
    ...(await attemptAll("archive", () => findInArchive(config, clock()))),
    await attempt("archive key", () => findSigningKey(config)),
    ...(await attemptAll("key files", () => findInKeyFiles(config))),
    ...(await attemptAll("copies", () => findInCopies(config))),
    ...(await attemptAll("archive chain", () => findInChains(config, clock()))),
    ...(await attemptAll("clock", () => findInClock(config, clock()))),
    ...(await attemptAll("archive events", () => findAmongEvents(config))),
    ...(await checkGateway(config)),
    ...(await findInQuotas(config)),
    ...(await findInCatalogues(config)),
    ...(await attemptAll("directory", () => findInDirectory(config, clock()))),
    ...askInWeights(config),
    ...(await checkWhereReadable("health", () => findInHealth(config, clock()))),
    ...(await attemptAll("limits", () => findInLimits(config, clock()))),
    ...(await attemptAll("prices", () => findInPrices(config))),
    ...(await attemptAll("names", () => findInNames(config))),
    ...(await attemptAll("dimensions", () => findInDimensions(config))),
    ...findInBills(config, process.env),
    ...findInTargets(config, process.env),
    ...findInOwners(config, process.env, clock()),
    ...(await checkWhereReadable("alerts", () => findUndelivered(config))),
    ...(await checkWhereReadable("reports", () => findUndeliveredReports(config))),
    ...(await attemptAll("hooks", async () => await findInHooks(config, clock))),
    ...(await attemptAll("redis", async () => await (await import("./doctor-redis.ts")).findInRedis(config))),
  ];
  if (flags.json) printJson({ findings });
  else print(...[...Map.groupBy(findings, ({ check, state }) => JSON.stringify([check, state])).values()].flatMap((alike) => firstLines(alike, describe)));
  const failed = findings.some(({ state }) => state === "failed");
  sayNext({ after: "doctor", failed }, flags);
  return failed ? 1 : 0;
}

function describe({ check, state, finding, remedy, steps = [] }: Finding): string[] {
  const mark = { ok: "ok       ", attention: "attention", failed: "FAILED   " }[state];
  const [first = "", ...more] = finding.split("\n");
  const tried = steps.map((one) => `${one.state === "ok" ? "ok    " : "FAILED"} ${one.step}: ${one.result}`);
  const lines = [...more, ...tried, ...(remedy === undefined ? [] : [`→ ${remedy}`])];
  return [`${mark} ${check}: ${first}`, ...lines.map((line) => `          ${line}`)];
}

function checkConfiguration({ config: file }: SettingFlags): Finding[] {
  const used = file ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  return [{ check: "configuration", state: "ok", finding: used === undefined ? "no file, flags only" : `${used} is valid` }];
}

function askInWeights({ allocation: { rules, pools }, charges }: Config): Finding[] {
  const doubtful = findDoubtfulWeights({ rules, pools, charges: configuredCharges(charges) });
  return doubtful.map((weights) => ({ check: "weights", state: "attention", finding: askAboutWeights(weights), remedy: WEIGHTS_REMEDY }));
}

async function checkSources(config: Config): Promise<Finding[]> {
  if (config.sources.length === 0) {
    return [{ check: "sources", state: "failed", finding: "none", remedy: "set sources: in the configuration, or --source" }];
  }
  return await Promise.all(
    config.sources.map(async (source) => {
      const check = `source ${source.name}`;
      return await attempt(check, async () => {
        const [opened] = await openSources({ ...config, sources: [source] });
        if (opened === undefined) throw new TypeError(`source ${source.name} was not opened`);
        return await findInSource(check, source.url, opened.store);
      });
    }),
  );
}

async function checkLake(config: Config): Promise<Finding[]> {
  const lake = await attempt("lake", async () => await findInStore("lake", await openLake(config)));
  if (config.archive.url === undefined) return [lake];
  const check = "archive store";
  return [lake, await attempt(check, async () => await findInStore(check, await openArchive(config)))];
}

async function checkGateway({ aperture }: Config): Promise<Finding[]> {
  const { config: url } = aperture;
  const check = "gateway configuration";
  if (url === undefined) {
    return [
      {
        check,
        state: "attention",
        finding: "not given",
        remedy: "set aperture.config: without it subscriptions (passthrough) are counted as money owed",
      },
    ];
  }
  return [
    await attempt(check, async () => {
      const { providers } = await fetchGatewayConfig(url);
      return { check, state: "ok", finding: `${providers.length} providers in ${showUrl(url)}` };
    }),
  ];
}

async function checkWhereReadable(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    // A lake that cannot be read has a finding of its own.
    return error instanceof LedgerError && error.code !== "manifest_unreadable" ? [] : [describeFailure(check, error)];
  }
}

async function attemptAll(check: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [describeFailure(check, error)];
  }
}

async function attempt(check: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return describeFailure(check, error);
  }
}

function describeFailure(check: string, error: unknown): Finding {
  const remedy = error instanceof LedgerError ? error.remedy : "report this: it is a mistake in aperture-ledger";
  return { check, state: "failed", finding: messageOf(error), remedy };
}
