import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { configJsonSchema } from "../../config/config-json-schema.ts";
import type { Config } from "../../config/config.ts";
import { settingsOfFlags, type SettingFlags } from "../../config/reading/settings.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { refuseOverlaps } from "../../open/check-places.ts";
import { sayNext } from "../next-commands.ts";
import { print } from "../terminal.ts";
import { type Ask, askForSettings, openAsk } from "./ask-for-settings.ts";
import { configWith, EXAMPLE_CONFIG, type FirstSections, SCHEMA_FILE } from "./example-config.ts";

export interface InitFlags extends Omit<SettingFlags, "config"> {
  out: string;
  /** Replaces existing files. */
  force?: boolean;
}

/**
 * Writes a configuration that runs as it is, and the JSON Schema beside it. Asks for missing values on a terminal; elsewhere it writes the
 * commented example if no setting is given, and otherwise throws `usage` for a missing one. Never overwrites a file without `force`.
 * @param ask asks a person; undefined where nobody can answer.
 */
export async function init({ out, force = false, ...flags }: InitFlags, ask: Ask | undefined = openAsk()): Promise<number> {
  const schemaFile = join(dirname(out), SCHEMA_FILE);
  const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (!force) await refuseToOverwrite(out, schemaFile, schema);
  const isGiven = Object.values(flags).some((value) => value !== undefined);
  const sections = ask === undefined && !isGiven ? undefined : await firstSections(flags, ask);
  await write(schemaFile, schema);
  await write(out, sections === undefined ? EXAMPLE_CONFIG : configWith(sections));
  print(`wrote ${out}, and ${schemaFile} for editors`, ...(sections === undefined ? [`set sources and lake in ${out}`] : []));
  sayNext({ after: "init", file: out }, {});
  return 0;
}

async function firstSections(flags: SettingFlags, ask: Ask | undefined): Promise<FirstSections> {
  const settings = ask === undefined ? flags : await askForSettings(flags, ask);
  requireBoth(settings);
  const config = settingsOfFlags(inAnyFolder(settings));
  await refuseOverlaps(config);
  return sectionsOf(config, settings);
}

function requireBoth({ source, lake }: SettingFlags): void {
  for (const [flag, value, example] of [["--source", source, "s3://aperture-exports/prod"], ["--lake", lake, "s3://ai-ledger"]] as const) {
    if (value !== undefined) continue;
    throw new LedgerError("usage", `init cannot write a configuration that runs without ${flag}`, {
      remedy: `add ${flag}, such as ${flag} ${example}; without any flags init writes an example to edit`,
    });
  }
}

/** With complete paths, since commands read a relative path from the folder in which they are called. */
function inAnyFolder({ source, lake, gatewayConfig, ...others }: SettingFlags): SettingFlags {
  return {
    ...others,
    ...(source === undefined ? {} : { source: complete(source) }),
    ...(lake === undefined ? {} : { lake: complete(lake) }),
    ...(gatewayConfig === undefined ? {} : { gatewayConfig: complete(gatewayConfig) }),
  };
}

/** A variable or `~` is refused as it is written. */
function complete(place: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(place) || /^$|^[~$]/.test(place) ? place : resolve(place);
}

/** The sections that were given; the others keep their defaults. */
function sectionsOf({ sources, lake, aperture, dimensions, timezone, redis }: Config, given: SettingFlags): FirstSections {
  return new Map(
    Object.entries({
      sources: sources.map(({ name, url }) => ({ name, url })),
      lake,
      aperture: given.gatewayConfig === undefined ? undefined : { config: aperture.config },
      dimensions: dimensions.size === 0 ? undefined : dimensions,
      timezone: given.timezone === undefined ? undefined : timezone,
      redis,
    }).flatMap(([name, value]): [string, object | string][] => (value === undefined ? [] : [[name, value]])),
  );
}

async function refuseToOverwrite(out: string, schemaFile: string, schema: string): Promise<void> {
  if (existsSync(out)) throw fileExists(out, "edit it");
  if (existsSync(schemaFile) && (await readFile(schemaFile, "utf8")) !== schema) throw fileExists(schemaFile, "move it elsewhere");
}

function fileExists(file: string, instead: string): LedgerError {
  return new LedgerError("file_exists", `${file} already exists`, { remedy: `${instead}, choose another folder with --out, or replace it with --force` });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new LedgerError("file_unwritable", `${file} cannot be written: ${messageOf(cause)}`, { remedy: "choose a folder that can be written with --out", cause });
  }
}
