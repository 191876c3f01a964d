import { existsSync } from "node:fs";
import { fetchGatewayConfig } from "../../aperture/gateway/fetch-gateway-config.ts";
import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ledger/clock.ts";
import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { openArchive, openLake, openSources } from "../../open/open-stores.ts";
import { findInTargets, findUndelivered } from "./doctor-alerts.ts";
import { findInArchive } from "./doctor-archive.ts";
import { findInChains, findSigningKey } from "./doctor-chain.ts";
import { findAmongEvents, findInClock } from "./doctor-clock.ts";
import { findInCopies } from "./doctor-copies.ts";
import { findInDirectory } from "./doctor-directory.ts";
import { findInPlaces } from "./doctor-places.ts";
import { findInQuotas } from "./doctor-quotas.ts";
import { findInLimits } from "./doctor-limits.ts";
import { findInNames } from "./doctor-names.ts";
import { findInPrices } from "./doctor-prices.ts";
import { findInSource, findInStore } from "./doctor-stores.ts";
import type { Finding } from "./finding.ts";
import { DEFAULT_CONFIG_FILE, loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJson } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";

/** Checks configuration, sources and lake. Resolves to 1 when something would keep a run from working. */
export async function doctor(flags: SettingFlags & { json?: boolean }, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const findings = [
    ...checkConfiguration(flags),
    ...(await attemptAll("places", () => findInPlaces(config))),
    ...(await checkSources(config)),
    ...(await checkLake(config)),
    ...(await attemptAll("archive", () => findInArchive(config, clock()))),
    await attempt("archive key", () => findSigningKey(config)),
    ...(await attemptAll("copies", () => findInCopies(config))),
    ...(await attemptAll("archive chain", () => findInChains(config, clock()))),
    ...(await attemptAll("clock", () => findInClock(config, clock()))),
    ...(await attemptAll("archive events", () => findAmongEvents(config))),
    ...(await checkGateway(config)),
    ...(await findInQuotas(config)),
    ...(await attemptAll("directory", () => findInDirectory(config, clock()))),
    ...(await attemptAll("limits", () => findInLimits(config, clock()))),
    ...(await attemptAll("prices", () => findInPrices(config))),
    ...(await attemptAll("names", () => findInNames(config))),
    ...findInTargets(config, process.env),
    ...(await checkAlerts(config)),
    ...(await attemptAll("redis", async () => await (await import("./doctor-redis.ts")).findInRedis(config))),
  ];
  if (flags.json) printJson({ findings });
  else print(...[...Map.groupBy(findings, ({ check, state }) => JSON.stringify([check, state])).values()].flatMap((alike) => firstLines(alike, describe)));
  return findings.some(({ state }) => state === "failed") ? 1 : 0;
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

async function checkAlerts(config: Config): Promise<Finding[]> {
  try {
    return await findUndelivered(config);
  } catch (error) {
    // A lake that cannot be read has a finding of its own.
    return error instanceof LedgerError && error.code !== "manifest_unreadable" ? [] : [describeFailure("alerts", error)];
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
