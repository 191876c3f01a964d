import { explainTeam } from "../../allocation/explain-team.ts";
import type { Clock } from "../../ledger/clock.ts";
import { openLedger } from "../../open/open-ledger.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { monthOfFlag } from "../month-of-flag.ts";
import { openLog, print, printJson, silentProgress } from "../terminal.ts";
import { describeExplained } from "./describe-explained.ts";
import { explainedJson } from "./explained-json.ts";

export interface ExplainFlags extends SettingFlags {
  /** `YYYY-MM`, `last` or `this`. */
  month?: string;
  team: string;
  /** Number of records to list. */
  records: number;
  json?: boolean;
}

/** Explains a team's figures of a month, down to the rules and the records. */
export async function explain(flags: ExplainFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(flags);
  const services = { log: openLog(), progress: silentProgress, clock, signs: false } as const;
  const month = monthOfFlag(flags.month, "last", config.timezone, clock());
  const explained = await explainTeam(await openLedger(config, services, "cached"), month.name, flags.team, flags.records);
  if (flags.json) printJson(explainedJson(explained, flags.team));
  else print(...month.said, ...describeExplained(explained, flags.team));
  return 0;
}
