import type { DuckDBConnection } from "@duckdb/node-api";
import { USAGE_COLUMNS } from "../../ledger/usage/usage-columns.ts";

/** Sorting fewer rows in memory takes less time than collecting their values. */
const MANY_ROWS = 250_000;
/** A number then takes two bytes at most. Columns with more values stay text. */
const MOST_VALUES = 20_000;
const TEXTS = USAGE_COLUMNS.filter(({ type }) => type === "text").map(({ name }) => name);

/** Carries text columns with few values through a sort: the sort moves the number of a value instead of its text. */
export class RepeatedText {
  readonly #duck: DuckDBConnection;
  readonly #types: ReadonlyMap<string, string>;

  private constructor(duck: DuckDBConnection, types: ReadonlyMap<string, string>) {
    this.#duck = duck;
    this.#types = types;
  }

  /**
   * Collects the repeated values of the columns of `USAGE_COLUMNS`. Collects nothing for a small table.
   * @param rows SQL of the table, `count` the number of its rows, `scope` a text that is unique among concurrent uses.
   */
  static async collect(duck: DuckDBConnection, { rows, count, scope }: { rows: string; count: number; scope: string }): Promise<RepeatedText> {
    const types = new Map<string, string>();
    for (const column of count < MANY_ROWS ? [] : await columnsOfFewValues(duck, rows)) {
      const type = `"${`${column} of ${scope}`.replaceAll('"', '""')}"`;
      // Numbers in the order of the values: sorting by a number is sorting by its value.
      await duck.run(`CREATE TEMP TYPE ${type} AS ENUM (SELECT DISTINCT ${column} FROM ${rows} WHERE ${column} IS NOT NULL ORDER BY ALL)`);
      if (await hasNul(duck, type)) await duck.run(`DROP TYPE ${type}`);
      else types.set(column, type);
    }
    return new RepeatedText(duck, types);
  }

  /** SQL of a column as it goes into the sort. */
  narrow(column: string): string {
    const type = this.#types.get(column);
    return type === undefined ? column : `${column}::${type} AS ${column}`;
  }

  /** SQL of a column as it comes out of it. */
  widen(column: string): string {
    return this.#types.has(column) ? `${column}::VARCHAR AS ${column}` : column;
  }

  /** Call this when no narrowed column is in use any more. */
  async forget(): Promise<void> {
    for (const type of this.#types.values()) await this.#duck.run(`DROP TYPE ${type}`);
  }
}

async function columnsOfFewValues(duck: DuckDBConnection, rows: string): Promise<string[]> {
  const values = await duck.runAndReadAll(`SELECT ${TEXTS.map((name) => `approx_count_distinct(${name})::DOUBLE`).join(", ")} FROM ${rows}`);
  return TEXTS.filter((_, index) => Number(values.value(index, 0)) <= MOST_VALUES);
}

/** DuckDB prints the values of a type into SQL and parses that again, which a NUL character ends. */
async function hasNul(duck: DuckDBConnection, type: string): Promise<boolean> {
  const found = await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM unnest(enum_range(NULL::${type})) kept(value) WHERE contains(value, chr(0))`);
  return Number(found.value(0, 0)) > 0;
}
