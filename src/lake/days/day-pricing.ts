import type { DuckDBConnection } from "@duckdb/node-api";

/** SQL for the query that builds a day, which prices requests without an estimate. */
interface DayPrices {
  /** SQL after the relation of the landed rows. */
  join: string;
  /** Columns that are passed through the sort. */
  carried: string;
  /** SQL of columns of the usage table, by name, applied after the sort. The column's own name still refers to the landed value. */
  priced: Readonly<Record<string, string>>;
  /** Call this after the query. */
  forget(): Promise<void>;
}

/** Prices the requests of one day of one gateway that have no estimate of the gateway. */
export interface DayPricing {
  /** An input of the day, like the landing files: changes whenever the day would be priced differently. */
  digest: string;
  /**
   * @param rows SQL of the landed rows, `scope` a text that is unique among concurrent uses.
   * Resolves to undefined when none of them gets a price.
   */
  find(duck: DuckDBConnection, rows: string, scope: string): Promise<DayPrices | undefined>;
}

/** @param date `YYYY-MM-DD`, UTC. */
export type PricingOf = (date: string, instance: string) => DayPricing;

/** Digest of a day for which there are no prices. */
export const NOT_PRICED = "none";

/** Where no prices are configured. */
export const withoutPrices: PricingOf = () => ({ digest: NOT_PRICED, find: () => Promise.resolve(undefined) });
