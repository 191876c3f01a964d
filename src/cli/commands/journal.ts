import { type JournalEntry, readJournal } from "../../lake/records/journal.ts";
import type { Clock } from "../../ledger/clock.ts";
import { visibleText } from "../../ledger/text/visible-text.ts";
import { openLake } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { firstLines } from "../first-lines.ts";
import { spanOfFlags } from "../span-of-flags.ts";
import { print, printJson } from "../terminal.ts";

export interface JournalFlags extends SettingFlags {
  /** First and last day, `YYYY-MM-DD`, of the configured time zone. */
  from?: string;
  to?: string;
  /** Login. */
  by?: string;
  json?: boolean;
}

/** Lists who read what over HTTP, in order of time. */
export async function journal({ from, to, by, json, ...settings }: JournalFlags, clock: Clock): Promise<number> {
  const config = await loadSettings(settings);
  const lake = await openLake(config);
  const span = spanOfFlags({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, config.timezone, clock());
  const { entries, unreadable } = await readJournal(lake, span.from, span.to);
  const wanted = by?.toLowerCase();
  const shown = entries.filter((entry) => wanted === undefined || entry.by.toLowerCase() === wanted);
  if (json) printJson({ from: span.from.toISOString(), to: span.to.toISOString(), entries: shown, unreadable });
  else {
    print(...(shown.length === 0 ? [`nobody read anything in ${span.name} that ${lake.url} has in its journal`] : firstLines(shown, describe)));
    print(...firstLines(unreadable, (key) => `attention    ${visibleText(key)} is no journal of reads`));
  }
  return 0;
}

function describe({ at, by, method, path, filters, status }: JournalEntry): string {
  return visibleText(`${at.slice(0, 19)}Z  ${by}  ${method} ${path}${filters.length === 0 ? "" : ` filtered by ${filters.join(", ")}`}  ${String(status)}`);
}
