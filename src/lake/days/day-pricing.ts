import type { DuckDBConnection } from "@duckdb/node-api";

/** SQL that the query which builds a day takes up, so that requests without an estimate get a price. */
interface DayPrices {
  /** Behind the relation of the landed rows. */
  join: string;
  /** Columns that go through the sort. */
  carried: string;
  /** By name of a column of the usage table: what it is, after the sort. Its own name still says what was landed. */
  priced: Readonly<Record<string, string>>;
  /** To be called once the query has run. */
  forget(): Promise<void>;
}

/** How the requests of one day of one gateway are priced where the gateway had no estimate. */
export interface DayPricing {
  /** An input of the day as the landing files are: changes whenever the day would be priced otherwise. */
  digest: string;
  /**
   * @param rows SQL of the landed rows, `scope` a text that no other use at the time has.
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
