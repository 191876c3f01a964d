import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { sqlDecimal, sqlDecimalText, sqlLongDecimalText, sqlScaled, sqlTrimZeros } from "../../ledger/sql/sql-values.ts";
import { sqlCell, sqlNeutralised } from "./cells.ts";
import { CALLER_COLUMNS, type FocusFormat, type FocusSettings, type FocusVersion, isFrom } from "../focus/focus-settings.ts";
import { LIST_PLACES } from "../focus/list-cost.ts";
import { columnsOfVersion, type FocusColumn } from "../focus/focus-columns.ts";
import { KEY_COLUMNS, KIND_COLUMNS, PAYER_COLUMNS } from "../focus/focus-row.ts";
import { SPLIT_COLUMNS, TAGS, TAGS_BESIDE_ALLOCATED } from "../focus/split-columns.ts";
import { FOCUS_CHARGE, FOCUS_KEY, FOCUS_KIND, FOCUS_PAYER } from "./charge-tables.ts";

/** A column with the SQL of its text; null where the column is not text, or where the table of kinds already has the text. */
type WrittenColumn = FocusColumn & { text: string | null };

const PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880";

/** The amounts of a charge, by column. */
const AMOUNTS: Readonly<Record<string, string>> = {
  BilledCost: sqlDecimal("billed"),
  ContractedCost: sqlDecimal("billed"),
  EffectiveCost: sqlDecimal("effective"),
  ListCost: sqlScaled("list", LIST_PLACES),
  PricingQuantity: sqlScaled("pricing_quantity", 12),
  ConsumedQuantity: sqlScaled("consumed_quantity", 6),
};

/** The same amounts as texts; several columns share each text. */
const AMOUNT_TEXTS = {
  billed_text: sqlDecimalText("billed", 9),
  effective_text: sqlDecimalText("effective", 9),
  list_text: sqlLongDecimalText("list", LIST_PLACES),
  pricing_text: sqlDecimalText("pricing_quantity", 12),
  consumed_text: sqlDecimalText("consumed_quantity", 6),
};
const TEXT_OF: Readonly<Record<string, keyof typeof AMOUNT_TEXTS>> = {
  BilledCost: "billed_text", ContractedCost: "billed_text", EffectiveCost: "effective_text", ListCost: "list_text", PricingQuantity: "pricing_text", ConsumedQuantity: "consumed_text",
};

/** Places in the order of rows, by table. The order is what a reader looks for first, then every other column that distinguishes charges: only identical rows are left unordered. */
const PLACES = [
  { of: FOCUS_KIND, columns: ["ChargePeriodStart"] },
  { of: FOCUS_PAYER, columns: ["team"] },
  { of: FOCUS_KEY, columns: ["caller"] },
  { of: FOCUS_PAYER, columns: ["tag"] },
  { of: FOCUS_KEY, columns: ["provider", "model"] },
  { of: FOCUS_KIND, columns: ["x_Agent"] },
  { of: FOCUS_KEY, columns: ["dimensions_text", "instance", "billing"] },
  { of: FOCUS_KIND, columns: ["x_CostSource"] },
  { of: FOCUS_PAYER, columns: ["method", "rule", "cost_center"] },
  { of: FOCUS_KIND, columns: ["SkuPriceId", "x_CorrectionCause", "ChargeCategory", "ChargePeriodEnd", "ChargeDescription"] },
] as const;

const IDS = { [FOCUS_KEY]: "key_id", [FOCUS_PAYER]: "payer_id", [FOCUS_KIND]: "kind_id" } as const;
const TABLES = [FOCUS_KEY, FOCUS_PAYER, FOCUS_KIND] as const;

/** Writes the files of the charges: the same charges become the same bytes. Returns the number of rows. */
export async function writeCharges(duck: DuckDBConnection, files: Partial<Record<FocusFormat, string>>, { detail, version }: Pick<FocusSettings, "detail" | "version">): Promise<number> {
  const rows = await sortCharges(duck);
  const columns = columnsOfVersion(version).filter(({ name }) => detail === "caller" || !CALLER_COLUMNS.includes(name)).map((column) => ({ ...column, text: textOf(column, version) }));
  // Rows keep their order only in one thread, and only if the other tables are looked up for the charges and not the reverse.
  const [[threads] = []] = (await duck.runAndReadAll("SELECT current_setting('threads')")).getRows();
  await duck.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
  await duck.run("SET threads = 1");
  try {
    if (files.parquet !== undefined) await writeParquet(duck, files.parquet, columns);
    if (files.csv !== undefined || files["csv.gz"] !== undefined) await createCells(duck);
    if (files.csv !== undefined) await writeCsv(duck, files.csv, columns, "none");
    if (files["csv.gz"] !== undefined) await writeCsv(duck, files["csv.gz"], columns, "gzip");
    return rows;
  } finally {
    await duck.run("RESET disabled_optimizers");
    await duck.run(`SET threads = ${String(threads)}`);
  }
}

async function writeParquet(duck: DuckDBConnection, file: string, columns: readonly WrittenColumn[]): Promise<void> {
  const typed = KIND_COLUMNS.map(({ name, type }: FocusColumn) => `${name}::${type} AS ${name}`);
  await duck.run(`CREATE TEMP TABLE values_of_kind AS SELECT kind_id, ${typed.join(", ")} FROM ${FOCUS_KIND}`);
  const rows = `FROM sorted_charge JOIN values_of_kind USING (kind_id) ${([FOCUS_KEY, FOCUS_PAYER] as const).map((table) => `JOIN ${table} USING (${IDS[table]})`).join(" ")}`;
  await duck.run(`COPY (SELECT ${columns.map((column) => `${valueOf(column)} AS ${column.name}`).join(", ")} ${rows}) TO ${sqlText(file)} (${PARQUET})`);
}

async function writeCsv(duck: DuckDBConnection, file: string, columns: readonly WrittenColumn[], compression: "none" | "gzip"): Promise<void> {
  const amounts = Object.keys(AMOUNT_TEXTS).map((name) => `${sqlTrimZeros(name)} AS ${name}`);
  const texts = Object.entries(AMOUNT_TEXTS).map(([name, written]) => `${written} AS ${name}`);
  const cells = `FROM (SELECT key_id, payer_id, kind_id, ratio, ${amounts.join(", ")} FROM (SELECT *, ${texts.join(", ")} FROM sorted_charge)) ${TABLES.map((table) => `JOIN cells_of_${table} USING (${IDS[table]})`).join(" ")}`;
  await duck.run(`COPY (SELECT ${columns.map((column) => `${cellOf(column)} AS ${column.name}`).join(", ")} ${cells}) TO ${sqlText(file)} (FORMAT csv, HEADER, COMPRESSION ${compression})`);
}

/** Sorts by numbers, since sorting millions of rows by texts takes many times as long. Returns the number of rows. */
async function sortCharges(duck: DuckDBConnection): Promise<number> {
  for (const table of TABLES) {
    const places = PLACES.flatMap(({ of, columns }, number) => (of === table ? [`dense_rank() OVER (ORDER BY ${columns.map((name) => `${name} NULLS FIRST`).join(", ")})::INTEGER AS place_${String(number)}`] : []));
    await duck.run(`CREATE TEMP TABLE places_of_${table} AS SELECT ${IDS[table]}, ${places.join(", ")} FROM ${table}`);
  }
  const places = PLACES.map((_, number) => `place_${String(number)}`);
  const amounts = ["billed", "effective", "list", "pricing_quantity", "consumed_quantity", "ratio"];
  await duck.run(`CREATE TEMP TABLE sorted_charge AS SELECT ${[...Object.values(IDS), ...amounts].join(", ")}
    FROM ${FOCUS_CHARGE} ${TABLES.map((table) => `JOIN places_of_${table} USING (${IDS[table]})`).join(" ")}
    ORDER BY ${[...places, ...amounts].map((name) => `${name} NULLS FIRST`).join(", ")}`);
  return Number((await duck.runAndReadAll("SELECT count(*)::DOUBLE FROM sorted_charge")).value(0, 0));
}

const TEXTS: ReadonlyMap<string, string> = new Map<string, string>([...Object.entries(KEY_COLUMNS), ...Object.entries(PAYER_COLUMNS), ...Object.entries(SPLIT_COLUMNS)]);

function textOf({ name }: FocusColumn, version: FocusVersion): string | null {
  if (name === "Tags") return isFrom(version, "1.3") ? TAGS_BESIDE_ALLOCATED : TAGS;
  return TEXTS.get(name) ?? null;
}

/** SQL of a value in the Parquet file. */
function valueOf({ name, text }: WrittenColumn): string {
  return AMOUNTS[name] ?? text ?? name;
}

/** SQL of a cell of the CSV file. */
function cellOf({ name, text }: WrittenColumn): string {
  return TEXT_OF[name] ?? text ?? name;
}

/** Creates the tables of texts as they are in cells: there are far fewer texts than cells. */
async function createCells(duck: DuckDBConnection): Promise<void> {
  const kinds = KIND_COLUMNS.map((column: FocusColumn) => `${sqlCell(column)} AS ${column.name}`);
  const texts: Record<(typeof TABLES)[number], readonly string[]> = {
    [FOCUS_KEY]: [...new Set(Object.values(KEY_COLUMNS)), "dimension_tags"].map((name) => `${sqlNeutralised(name)} AS ${name}`),
    [FOCUS_PAYER]: [...new Set(Object.values(PAYER_COLUMNS)), "payer_tags", "split_method", "split_details"].map((name) => `${sqlNeutralised(name)} AS ${name}`),
    [FOCUS_KIND]: kinds,
  };
  for (const table of TABLES) await duck.run(`CREATE TEMP TABLE cells_of_${table} AS SELECT ${IDS[table]}, ${texts[table].join(", ")} FROM ${table}`);
}
