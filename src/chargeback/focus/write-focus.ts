import type { DuckDBConnection } from "@duckdb/node-api";
import { readParquet, sqlText } from "../../ledger/sql/duckdb.ts";
import type { Charge } from "./charge.ts";
import { FOCUS_COLUMNS, type FocusColumn, type FocusColumnName } from "./focus-columns.ts";
import type { FocusPeriod } from "./focus-row.ts";
import { neutraliseSql } from "./neutralise-sql.ts";
import { StagedCharges } from "./staged-charges.ts";

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
  readonly #staged: StagedCharges;

  private constructor(duck: DuckDBConnection, staged: StagedCharges) {
    this.#duck = duck;
    this.#staged = staged;
  }

  /** @param period in which the charges are booked. */
  static async create(duck: DuckDBConnection, period: FocusPeriod): Promise<FocusWriter> {
    return new FocusWriter(duck, await StagedCharges.create(duck, period));
  }

  add(charges: Iterable<Charge>): void {
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

/** Decimals keep a decimal point, so that whoever guesses a column's type from `1.0` guesses right. */
function cellOf({ name, type }: FocusColumn): string {
  if (type === "VARCHAR") return `${neutraliseSql(name)} AS ${name}`;
  if (type === "TIMESTAMPTZ") return `strftime(${name}, '%Y-%m-%dT%H:%M:%SZ') AS ${name}`;
  return `regexp_replace(${name}::VARCHAR, '(\\.\\d+?)0*$', '\\1') AS ${name}`;
}
