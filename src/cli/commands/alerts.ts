import { visibleText } from "../../ledger/text/visible-text.ts";
import { type AlertRecord, loadAlerts } from "../../lake/records/alert-record.ts";
import type { SentTarget } from "../../lake/records/sending-record.ts";
import { openLake } from "../../open/open-stores.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { print, printJson } from "../terminal.ts";
import { firstLines } from "../first-lines.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** Lists all alerts with their outcomes, newest first. */
export async function alerts(flags: SettingFlags & { json?: boolean }): Promise<number> {
  const lake = await openLake(await loadSettings(flags));
  const found = (await loadAlerts(lake)).sort((a, b) => (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : 0));
  if (flags.json) printJson({ alerts: found });
  else print(...(found.length === 0 ? [`no alerts in ${lake.url}`] : firstLines(found, describe)));
  return 0;
}

function describe({ raised_at: raisedAt, state, kind, threshold, title, targets, next_try_at: next }: AlertRecord): string {
  const to = targets.length === 0 ? "to nobody" : listSome(targets.map(describeTarget));
  const again = next === null ? "" : `; again after ${next.slice(0, 16)}Z`;
  return visibleText(`${raisedAt.slice(0, 16)}Z  ${state.padEnd(8)}  ${kind === threshold ? kind : `${kind} ${threshold}`}: ${title} (${to}${again})`);
}

function describeTarget({ name, state, last_error: error, tries }: SentTarget): string {
  const why = state === "sent" || error === null ? "" : ` after ${String(tries)} tries: ${error}`;
  return `${name} ${state.replace("_", " ")}${why}`;
}
