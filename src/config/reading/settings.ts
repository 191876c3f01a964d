import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Config, configSchema } from "../config.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { checkShape } from "./check-shape.ts";
import { type ConfigPlaces, rememberPlaces } from "./config-places.ts";
import { parseYaml } from "./read-yaml.ts";

export const DEFAULT_CONFIG_FILE = "aperture-ledger.yaml";
export const DEFAULT_INSTANCE = "default";

/** Flags that every command shares; each overrides the same key of the configuration file. */
export interface SettingFlags {
  config?: string;
  source?: string;
  instance?: string;
  lake?: string;
  gatewayConfig?: string;
  dimension?: string[];
  timezone?: string;
  redis?: string;
}

/** The configuration of a call: the file where there is one, then the flags. */
export async function loadSettings(flags: SettingFlags): Promise<Config> {
  const file = flags.config ?? (existsSync(DEFAULT_CONFIG_FILE) ? DEFAULT_CONFIG_FILE : undefined);
  if (file === undefined) return settingsOfFlags(flags);
  const { value, places } = parseYaml(await readConfig(file), file);
  const config = checkConfig(value, file, places);
  return rememberPlaces(checkConfig(applyFlags(config, flags), "the command line"), places);
}

/** The configuration of flags alone. Throws `config_invalid` and `usage`. */
export function settingsOfFlags(flags: SettingFlags): Config {
  return checkConfig(applyFlags(configSchema.parse({}), flags), "the command line");
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("config_unreadable", `${file} cannot be read: ${messageOf(cause)}`, {
      remedy: "give the right path with --config, or write one with aperture-ledger init",
      cause,
    });
  }
}

/** `origin` names where the values came from in the error. */
export function checkConfig(value: unknown, origin: string, places?: ConfigPlaces): Config {
  return checkShape(configSchema, value, origin, places);
}

function applyFlags(config: Config, flags: SettingFlags): unknown {
  const { source, instance, lake, gatewayConfig, dimension = [], timezone, redis } = flags;
  if (instance !== undefined && source === undefined) {
    throw new LedgerError("usage", `--instance ${instance} is given without --source`, {
      remedy: "it names the gateway of --source; in aperture-ledger.yaml the names belong under sources:",
    });
  }
  return {
    ...config,
    ...(source === undefined ? {} : { sources: [sourceOf(config, source, instance)] }),
    ...(lake === undefined ? {} : { lake }),
    ...(timezone === undefined ? {} : { timezone }),
    ...(redis === undefined ? {} : { redis }),
    aperture: { ...config.aperture, ...(gatewayConfig === undefined ? {} : { config: gatewayConfig }) },
    dimensions: new Map([...config.dimensions, ...dimension.map(splitDimension)]),
  };
}

/** A source that is configured under that url keeps its name. */
function sourceOf(config: Config, url: string, instance: string | undefined): Config["sources"][number] {
  const configured = config.sources.find((source) => source.url === url);
  return { ...configured, url, name: instance ?? configured?.name ?? DEFAULT_INSTANCE };
}

function splitDimension(text: string): [string, string] {
  const [name = "", header = ""] = text.split("=", 2);
  if (name !== "" && header !== "") return [name, header];
  throw new LedgerError("usage", `--dimension ${text} is not name=Header`, {
    remedy: "for example --dimension repo=X-Github-Repository",
  });
}
