import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { spellControls } from "../../ledger/text/visible-text.ts";
import type { FocusCharge } from "./charge.ts";
import { FOCUS_COLUMNS, type FocusColumn, type FocusColumnName } from "./focus-columns.ts";
import type { FocusPeriod } from "./focus-row.ts";
import { StagedCharges } from "./staged-charges.ts";

const PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880";

/** Sorted by what a reader looks for first, then by every other column that distinguishes charges: only identical rows are left unordered. */
const FIRST = ["ChargePeriodStart", "SubAccountId", "x_Caller", "x_Tag", "ProviderName", "x_Model", "x_Agent", "x_Dimensions"] as const satisfies readonly FocusColumnName[];

const REST = [
  "x_Instance", "x_Billing", "x_CostSource", "x_Method", "x_Rule", "x_CostCenter", "SkuPriceId", "x_CorrectionCause", "ChargeCategory",
  "ChargePeriodEnd", "ChargeDescription", "BilledCost", "ListCost", "PricingQuantity", "ConsumedQuantity",
] as const satisfies readonly FocusColumnName[];

/** Collects charges in the database, which spills to disk, and writes them in order. */
export class FocusWriter {
  readonly #duck: DuckDBConnection;
  readonly #staged: StagedCharges;

  private constructor(duck: DuckDBConnection, staged: StagedCharges) {
    this.#duck = duck;
    this.#staged = staged;
  }

  /** @param period in which the charges are booked. */
  static async create(duck: DuckDBConnection, period: FocusPeriod): Promise<FocusWriter> {
    return new FocusWriter(duck, await StagedCharges.create(duck, period));
  }

  add(charges: Iterable<FocusCharge>): void {
    this.#staged.add(charges);
  }

  /** Writes both files: the same charges become the same bytes. Returns the number of rows. */
  async finish(files: { parquet: string; csv: string }): Promise<number> {
    const order = [...FIRST, ...REST].map((name) => `${name} NULLS FIRST`).join(", ");
    const typed = FOCUS_COLUMNS.map(({ name, type }) => `${name}::${type} AS ${name}`).join(", ");
    await this.#duck.run(`COPY (SELECT * FROM (SELECT ${typed} FROM ${this.#staged.finish()}) ORDER BY ${order}) TO ${sqlText(files.parquet)} (${PARQUET})`);
    await this.#staged.forget();
    await this.#duck.run(`COPY (SELECT ${FOCUS_COLUMNS.map(cellOf).join(", ")} FROM ${readParquet(files.parquet)}) TO ${sqlText(files.csv)} (FORMAT csv, HEADER)`);
    const counted = await this.#duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${readParquet(files.parquet)}`);
    return Number(counted.value(0, 0));
  }
}

/** Decimals keep their decimal point, so that a program that guesses a column's type from `1.0` guesses right. */
function cellOf({ name, type }: FocusColumn): string {
  if (type === "VARCHAR") return `${neutraliseSql(name)} AS ${name}`;
  if (type === "TIMESTAMPTZ") return `strftime(${name}, '%Y-%m-%dT%H:%M:%SZ') AS ${name}`;
  const digits = `rtrim(${name}::VARCHAR, '0')`;
  return `${digits} || CASE WHEN ends_with(${digits}, '.') THEN '0' ELSE '' END AS ${name}`;
}

/** Control characters that `spellControls` spells out. */
const CONTROLS = Array.from({ length: 128 }, (_, code) => code).filter((code) => spellControls(String.fromCharCode(code)).length > 1);

const ANY_CONTROL = `[${CONTROLS.map((code) => `\\x{${code.toString(16)}}`).join("")}]`;

/** As in the CSV files of the report. */
const FORMULA_START = "^[=+\\-@\\t\\r\\n＝＋－＠]";

/** SQL that does to a column what `neutralise` does to a text. Nearly all texts are looked at once and stay. */
function neutraliseSql(column: string): string {
  const spelled = CONTROLS.reduce((sql, code) => `replace(${sql}, chr(${String(code)}), '${spellControls(String.fromCharCode(code))}')`, column);
  return `CASE WHEN regexp_matches(${column}, '${FORMULA_START}|${ANY_CONTROL}')
    THEN CASE WHEN regexp_matches(${column}, '${FORMULA_START}') THEN '''' ELSE '' END || ${spelled} ELSE ${column} END`;
}
