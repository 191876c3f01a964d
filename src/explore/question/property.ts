import { CALLER_TYPES, BILLINGS } from "../../ledger/usage/usage-record.ts";
import { STATUS_CLASSES } from "../../ledger/usage/status-class.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";

/** A property of requests by which a question filters or groups. */
export interface Property {
  /** In links and CSV files: the column of `rollups`, or `dimension.` and the name of the dimension. */
  name: string;
  title: string;
  /** SQL of the value in a row that has `dimensionColumns` too; null where a request lacks the property. */
  sql: string;
  /** SQL of whether a row has one of the values. Absent: the value itself is compared. @param values SQL of the values, separated by commas */
  has?: (values: string) => string;
  /** Present where only these values exist. */
  values?: readonly string[];
  /** Whether requests may lack it. */
  isOptional: boolean;
  /** False where a request may have several values, which would count it several times. */
  isGrouping: boolean;
}

const DIMENSION = "dimension.";

const COLUMNS: readonly Property[] = [
  column("caller", "Caller"),
  { ...column("caller_type", "Kind of caller"), values: CALLER_TYPES },
  // A device's caller is the set of its tags, so grouping by caller shows the sets.
  { name: "tag", title: "Tag", sql: "tags[1]", has: (values) => `list_has_any(tags, [${values}])`, isOptional: true, isGrouping: false },
  column("model", "Model"),
  column("provider", "Provider"),
  { ...column("agent", "Agent"), isOptional: true },
  column("instance", "Gateway"),
  { ...column("billing", "Billing"), values: BILLINGS },
  { ...column("status_class", "Status"), values: STATUS_CLASSES },
  { ...column("service_tier", "Service tier"), isOptional: true },
  { ...column("speed", "Speed"), isOptional: true },
  { ...column("inference_geo", "Geography"), isOptional: true },
];

function column(name: string, title: string): Property {
  return { name, title, sql: name, isOptional: false, isGrouping: true };
}

/** The properties that questions may use, in the order of the page. @param dimensions names of the configured dimensions */
export function propertiesOf(dimensions: readonly string[]): readonly Property[] {
  const own = dimensions.map((name): Property => ({ name: `${DIMENSION}${name}`, title: name, sql: quoteColumn(name), isOptional: true, isGrouping: true }));
  const before = COLUMNS.findIndex(({ name }) => name === "model") + 1;
  return [...COLUMNS.slice(0, before), ...own, ...COLUMNS.slice(before)];
}

/** SQL that selects a column for each dimension from a table with a map of dimensions: the database reads columns far faster than maps. */
export function dimensionColumns(dimensions: readonly string[]): string[] {
  return dimensions.map((name) => `dimensions[${sqlText(name)}] AS ${quoteColumn(name)}`);
}

/** Names of dimensions consist of lower-case letters, digits and underscores. */
function quoteColumn(dimension: string): string {
  return `"${DIMENSION}${dimension}"`;
}
