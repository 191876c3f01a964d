import { z } from "zod";
import { REPORT_FILES } from "../chargeback/report/render-report.ts";
import { readDerived } from "../lake/json-object.ts";
import { layout, REPORTS } from "../lake/layout.ts";
import { ascending } from "../ledger/orders.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** A report in the lake, as it is shown in lists. */
export interface StoredReport {
  /** `YYYY-MM` */
  month: string;
  /** Key of its page. */
  page: string;
  /** Null in files of versions that did not write it. */
  status: "preliminary" | "complete" | "closed" | null;
  /** Until when usage of the month was known; null like the status. */
  dataUntil: string | null;
}

const said = z.object({ status: z.object({ kind: z.enum(["preliminary", "complete", "closed"]), data_until: z.string() }).optional() });
const PAGE = /^reports\/(\d{4}-(?:0[1-9]|1[0-2]))\/chargeback\.html$/;

/** The company's report of the newest month that has one; null without reports. @param keys of all objects below `reports/` */
export async function findLastReport(lake: ObjectStore, keys: Iterable<string>): Promise<StoredReport | null> {
  const months = [...keys].flatMap((key) => PAGE.exec(key)?.[1] ?? []).sort(ascending);
  const newest = months.at(-1);
  return newest === undefined ? null : await readStoredReport(lake, newest);
}

/** A month's report, if it has a page. */
export async function readStoredReport(lake: ObjectStore, month: string): Promise<StoredReport | null> {
  const page = layout.report(month, REPORT_FILES.html);
  if ((await lake.head(page)) === undefined) return null;
  const json = layout.report(month, REPORT_FILES.json);
  const read = (await lake.head(json)) === undefined ? undefined : await readDerived(lake, json, said);
  return { month, page, status: read?.status?.kind ?? null, dataUntil: read?.status?.data_until ?? null };
}

export async function listReportKeys(lake: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of lake.list(REPORTS)) keys.push(key);
  return keys;
}
