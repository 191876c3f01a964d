/** Where ClickHouse is installed for the tests (`install.ts`). */
export const CLICKHOUSE = import.meta.dirname;
