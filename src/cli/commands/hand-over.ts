import type { TeamFiles } from "../../chargeback/gathering/team-chargebacks.ts";
import { REPORT_FILES } from "../../chargeback/report/render-report.ts";
import { layout } from "../../lake/layout.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { copyReport, localPage } from "../copy-report.ts";
import { openPage } from "../open-page.ts";

export interface HandOverFlags {
  team?: string;
  out?: string;
  open?: boolean;
  json?: boolean;
}

/** Files of a month's report to hand over. */
interface ReportKeys {
  /** Keys of the month's own files. */
  keys: readonly string[];
  /** Teams whose reports were asked for. */
  teams: readonly TeamFiles[];
}

/** Copies a report into the folder of `--out` and opens its page for `--open`. Returns what to say about that, as lines and for JSON. */
export async function handOver(lake: ObjectStore, month: string, { keys, teams }: ReportKeys, { team, out, open }: HandOverFlags): Promise<{ lines: string[]; json: object }> {
  const all = [...keys, ...teams.flatMap(({ files }) => Object.values(files))];
  const copies = out === undefined ? [] : await copyReport(lake, month, all, out);
  const copied = copies.length === 0 ? [] : [`copied       ${String(copies.length)} files to ${out ?? ""}`];
  const json = copies.length === 0 ? {} : { copies };
  if (open !== true) return { lines: copied, json };
  const page = (team === undefined ? undefined : teams[0]?.files.html) ?? layout.report(month, REPORT_FILES.html);
  const opened = await openPage(copies[all.indexOf(page)] ?? (await localPage(lake, month, page)));
  return { lines: [...copied, opened], json };
}
