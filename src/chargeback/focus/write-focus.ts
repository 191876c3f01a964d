import type { DuckDBAppender, DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../duckdb.ts";
import type { Charge } from "./charge.ts";
import { cutCharge } from "./cut-charge.ts";
import { FOCUS_COLUMNS, type FocusColumn, type FocusColumnName } from "./focus-columns.ts";
import { type FocusPeriod, focusRow } from "./focus-row.ts";
import { neutraliseSql } from "./neutralise-sql.ts";

const TABLE = "focus_charge";
const PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880";

/** First what a reader looks for, then all that tells charges apart: the order is total up to rows that are alike. */
const FIRST = ["ChargePeriodStart", "SubAccountId", "x_Caller", "x_Tag", "ProviderName", "x_Model", "x_Agent", "x_Dimensions"] as const satisfies readonly FocusColumnName[];
const REST = [
  "x_Instance", "x_Billing", "x_CostSource", "x_Method", "x_Rule", "x_CostCenter", "SkuPriceId", "x_CorrectionCause", "ChargeCategory",
  "ChargePeriodEnd", "ChargeDescription", "BilledCost", "ListCost", "PricingQuantity", "ConsumedQuantity",
] as const satisfies readonly FocusColumnName[];

/** Collects charges in the database, which keeps on the disk what does not fit into memory, and writes them in order. */
export class FocusWriter {
  readonly #duck: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  readonly #period: FocusPeriod;

  private constructor(duck: DuckDBConnection, appender: DuckDBAppender, period: FocusPeriod) {
    this.#duck = duck;
    this.#appender = appender;
    this.#period = period;
  }

  /** @param period in which the charges are booked. */
  static async create(duck: DuckDBConnection, period: FocusPeriod): Promise<FocusWriter> {
    await duck.run(`CREATE TEMP TABLE ${TABLE} (${FOCUS_COLUMNS.map(({ name }) => `${name} VARCHAR`).join(", ")})`);
    return new FocusWriter(duck, await duck.createAppender(TABLE), period);
  }

  add(charges: readonly Charge[]): void {
    for (const charge of charges.flatMap(cutCharge)) {
      const row = focusRow(charge, this.#period);
      for (const { name } of FOCUS_COLUMNS) {
        const value = row[name] ?? null;
        if (value === null) this.#appender.appendNull();
        else this.#appender.appendVarchar(value);
      }
      this.#appender.endRow();
    }
    this.#appender.flushSync();
  }

  /** Writes both files: the same charges become the same bytes. Returns the number of rows. */
  async finish(files: { parquet: string; csv: string }): Promise<number> {
    this.#appender.closeSync();
    const order = [...FIRST, ...REST].map((name) => `${name} NULLS FIRST`).join(", ");
    const typed = FOCUS_COLUMNS.map(({ name, type }) => `${name}::${type} AS ${name}`).join(", ");
    await this.#duck.run(`COPY (SELECT * FROM (SELECT ${typed} FROM ${TABLE}) ORDER BY ${order}) TO ${sqlText(files.parquet)} (${PARQUET})`);
    await this.#duck.run(`DROP TABLE ${TABLE}`);
    await this.#duck.run(`COPY (SELECT ${FOCUS_COLUMNS.map(cellOf).join(", ")} FROM ${readParquet(files.parquet)}) TO ${sqlText(files.csv)} (FORMAT csv, HEADER)`);
    const counted = await this.#duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${readParquet(files.parquet)}`);
    return Number(counted.value(0, 0));
  }
}

/** Decimals keep a decimal point, so that whoever guesses a column's type from `1.0` guesses right. */
function cellOf({ name, type }: FocusColumn): string {
  if (type === "VARCHAR") return `${neutraliseSql(name)} AS ${name}`;
  if (type === "TIMESTAMPTZ") return `strftime(${name}, '%Y-%m-%dT%H:%M:%SZ') AS ${name}`;
  return `regexp_replace(${name}::VARCHAR, '(\\.\\d+?)0*$', '\\1') AS ${name}`;
}
