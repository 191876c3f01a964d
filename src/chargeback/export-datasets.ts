import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { layout } from "../lake/layout.ts";
import { publishFile } from "../lake/publish.ts";
import type { CloseRecord } from "../lake/records/close-record.ts";
import { downloadClosed, findClosedFile, FROZEN_ALLOCATIONS, FROZEN_CORRECTIONS, FROZEN_PRIVACY } from "../lake/records/closed-files.ts";
import { type KeptTrueUp, loadTrueUps } from "../lake/records/kept-true-ups.ts";
import { boundMonth, type Month } from "../ledger/months.ts";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readCsv, readParquet, sqlText } from "../ledger/sql/sql-texts.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { withWorkspace } from "../storage/workspace.ts";
import { writeDataset } from "./charging/write-dataset.ts";
import { BILLING_PERIOD, billingPeriodRow, type Dataset, type DatasetRow, DATASETS, INVOICE_DETAIL, invoiceDetailRow } from "./focus/datasets.ts";
import { FOCUS_FILES, FOCUS_FORMATS, type FocusFormat, type FocusSettings, isFrom } from "./focus/focus-settings.ts";
import { billedModels, INVOICE_DETAIL_ID } from "./focus/invoice-lines.ts";
import { holdsFile } from "./gathering/publish-focus.ts";

type DatasetSettings = Pick<FocusSettings, "version" | "formats">;

/** The sources of a data set: a month's tables, as they are in the lake now or as they were closed. */
interface MonthTable {
  month: Month;
  /** Keys or local copies of `allocations` and `corrections`, where they exist. */
  files: readonly string[];
  allocations: string | undefined;
  trueUp: KeptTrueUp | undefined;
  /** A local copy of the charges where they hide people; the data sets then contain nothing that the charges do not. */
  charges: string | undefined;
}

/** An open month. */
interface OpenMonth {
  month: Month;
  /** When the last export arrived. */
  changed: Date;
  /** Whether the charges hide people. */
  isHidden: boolean;
}

/** Brings the data sets of an open month up to date, or removes those that are not configured. Returns the keys of the files. */
export async function exportDatasets(lake: ObjectStore, { month, changed, isHidden }: OpenMonth, settings: DatasetSettings): Promise<string[]> {
  const wanted = filesOf(month.name, settings);
  await removeOthers(lake, month.name, wanted);
  if (wanted.length === 0) return [];
  return await withWorkspace(async (workspace) => {
    const local = async (key: string, name: string): Promise<string[]> => {
      if ((await lake.head(key)) === undefined) return [];
      const file = join(workspace, name);
      await lake.download(key, file);
      return [file];
    };
    const [allocations, corrections] = [await local(layout.allocations(month.name), FROZEN_ALLOCATIONS), await local(layout.corrections(month.name), FROZEN_CORRECTIONS)];
    const [charges] = isHidden ? await local(layout.report(month.name, FOCUS_FILES[formatOf(settings)]), `charges.${formatOf(settings)}`) : [];
    return await publish(lake, workspace, wanted, { ...(await readTable(lake, month, allocations[0], corrections)), charges }, (issuer) => billingPeriodRow(month, issuer, changed, null));
  });
}

/** Writes the data sets of a closed month, from the files of its close. Earlier versions of FOCUS have no data sets; existing files are left alone. */
export async function exportClosedDatasets(lake: ObjectStore, record: CloseRecord, settings: DatasetSettings): Promise<string[]> {
  const month = boundMonth(record.month, record.timezone);
  const wanted = filesOf(month.name, settings);
  if (wanted.length === 0) return [];
  return await withWorkspace(async (workspace) => {
    const local = async (name: string): Promise<string[]> => {
      const closed = findClosedFile(record, name);
      if (closed === undefined) return [];
      const file = join(workspace, name);
      await downloadClosed(lake, closed, file);
      return [file];
    };
    const [allocations, corrections] = [await local(FROZEN_ALLOCATIONS), await local(FROZEN_CORRECTIONS)];
    const isHidden = findClosedFile(record, FROZEN_PRIVACY) !== undefined;
    const ofCharges = FOCUS_FORMATS.map((format) => FOCUS_FILES[format]).findLast((name) => findClosedFile(record, name) !== undefined);
    const [charges] = isHidden && ofCharges !== undefined ? await local(ofCharges) : [];
    const closedAt = { id: record.id, at: record.closed_at };
    return await publish(lake, workspace, wanted, { ...(await readTable(lake, month, allocations[0], corrections)), charges }, (issuer) => billingPeriodRow(month, issuer, month.to, closedAt));
  });
}

interface DatasetFile {
  of: Dataset;
  format: FocusSettings["formats"][number];
  key: string;
}

function filesOf(month: string, { version, formats }: DatasetSettings): DatasetFile[] {
  if (!isFrom(version, "1.4")) return [];
  return DATASETS.flatMap((of) => FOCUS_FORMATS.filter((format) => formats.includes(format)).map((format) => ({ of, format, key: layout.report(month, `${of.file}.${format}`) })));
}

async function removeOthers(lake: ObjectStore, month: string, wanted: readonly DatasetFile[]): Promise<void> {
  const kept = new Set(wanted.map(({ key }) => key));
  const there: string[] = [];
  for await (const { key } of lake.list(layout.report(month, "focus-"))) there.push(key);
  for (const key of there) if (!kept.has(key) && DATASETS.some(({ file }) => FOCUS_FORMATS.some((format) => key === layout.report(month, `${file}.${format}`)))) await lake.remove(key);
}

async function readTable(lake: ObjectStore, month: Month, allocations: string | undefined, corrections: readonly string[]): Promise<Omit<MonthTable, "charges">> {
  const trueUp = (await loadTrueUps(lake)).find((one) => one.month === month.name);
  return { month, allocations, files: [...(allocations === undefined ? [] : [allocations]), ...corrections], trueUp };
}

async function publish(lake: ObjectStore, workspace: string, wanted: readonly DatasetFile[], table: MonthTable, periodOf: (issuer: string) => DatasetRow): Promise<string[]> {
  return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
    const rows = new Map([[BILLING_PERIOD, (await listIssuers(duck, table)).map(periodOf)], [INVOICE_DETAIL, await listDetails(duck, table)]]);
    for (const { of, format, key } of wanted) {
      const file = join(workspace, `${of.file}.${format}`);
      await writeDataset(duck, of, rows.get(of) ?? [], file, format);
      if (!(await holdsFile(lake, key, file, join(workspace, "published")))) await publishFile(lake, key, file);
    }
    return wanted.map(({ key }) => key);
  });
}

/** The issuers in the month's charges. */
async function listIssuers(duck: DuckDBConnection, { files, charges }: MonthTable): Promise<string[]> {
  if (files.length === 0) return [];
  const issuers = charges === undefined ? files.map((file) => `SELECT provider FROM ${readParquet(file)}`) : [`SELECT InvoiceIssuerName AS provider FROM ${readCharges(charges)}`];
  const found = await duck.runAndReadAll(`SELECT DISTINCT provider FROM (${issuers.join(" UNION ALL ")}) ORDER BY provider`);
  return z.array(z.tuple([z.string()])).parse(found.getRowsJS()).map(([provider]) => provider);
}

const detail = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]);

/** The bill by gateway and model: the sums of the charges that name it. */
async function listDetails(duck: DuckDBConnection, { month, allocations, trueUp, charges }: MonthTable): Promise<DatasetRow[]> {
  if (trueUp === undefined || allocations === undefined || trueUp.amounts.length === 0) return [];
  if (charges !== undefined) return await listCharged(duck, charges, month, trueUp);
  const ids = new Map(billedModels([trueUp]).map(({ provider, model, invoiceId }) => [JSON.stringify([provider, model]), invoiceId]));
  const models = trueUp.amounts.map(({ provider, model }) => `(${sqlText(provider)}, ${sqlText(model)})`);
  const found = await duck.runAndReadAll(`SELECT provider, model, instance, ${INVOICE_DETAIL_ID}, sum(cost_usd)::DECIMAL(38,9)::VARCHAR FROM ${readParquet(allocations)}
    WHERE billing = 'metered' AND cost_usd IS NOT NULL AND (provider, model) IN (${models.join(", ")}) GROUP BY provider, model, instance ORDER BY provider, model, instance`);
  return z.array(detail).parse(found.getRowsJS()).map(([provider, model, instance, detailId, billed]) =>
    invoiceDetailRow(month, { provider, model, instance, detailId, billed, invoiceId: ids.get(JSON.stringify([provider, model])) ?? "", broughtAt: trueUp.madeAt }));
}

/** The lines of an invoice from charges that hide people: models that they do not name become one line. Charges of versions before 1.4 name no line. */
async function listCharged(duck: DuckDBConnection, charges: string, month: Month, { madeAt }: KeptTrueUp): Promise<DatasetRow[]> {
  const columns = (await duck.runAndReadAll(`DESCRIBE SELECT * FROM ${readCharges(charges)}`)).getRows().map(([name]) => name);
  if (!columns.includes("InvoiceDetailId")) return [];
  const found = await duck.runAndReadAll(`SELECT InvoiceIssuerName, x_Model, x_Instance, InvoiceDetailId, sum(BilledCost::DECIMAL(38,9))::DECIMAL(38,9)::VARCHAR, InvoiceId FROM ${readCharges(charges)}
    WHERE nullif(InvoiceId, '') IS NOT NULL GROUP BY ALL ORDER BY ALL`);
  return z.array(z.tuple([...detail.def.items, z.string()])).parse(found.getRowsJS()).map(([provider, model, instance, detailId, billed, invoiceId]) =>
    invoiceDetailRow(month, { provider, model, instance, detailId, billed, invoiceId, broughtAt: madeAt }));
}

/** The format to read back: Parquet where it exists. */
function formatOf({ formats }: DatasetSettings): FocusFormat {
  return FOCUS_FORMATS.findLast((format) => formats.includes(format)) ?? "parquet";
}

/** SQL of a local file of charges. */
function readCharges(file: string): string {
  return file.endsWith(".parquet") ? readParquet(file) : readCsv(file, ", max_line_size = 10000000");
}
