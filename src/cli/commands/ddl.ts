import { toLocation } from "../../config/config.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { locateLake } from "../../ddl/locate-lake.ts";
import { printDdl } from "../../ddl/print-ddl.ts";
import type { EngineName } from "../../ddl/engines/engine-names.ts";
import { openLake } from "../../open/open-stores.ts";
import { print } from "../terminal.ts";

export interface DdlFlags extends SettingFlags {
  engine: EngineName;
  connection: string;
}

/** Prints the statements that make the lake's tables readable in another engine. */
export async function ddl({ engine, connection, ...flags }: DdlFlags): Promise<number> {
  const config = await loadSettings(flags);
  const lake = await openLake(config);
  print(...(await printDdl(lake, await locateLake(toLocation(config.lake ?? "")), { engine, connection, focus: config.focus.version })));
  return 0;
}
