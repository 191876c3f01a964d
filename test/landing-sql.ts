import { FACT_COLUMNS, ORIGIN_COLUMNS } from "../src/lake/landing/landing-columns.ts";
import { USAGE_COLUMNS, type UsageColumn } from "../src/ledger/usage/usage-columns.ts";

/** What the rows of landing files mean. */
export const LANDED: readonly UsageColumn[] = [...USAGE_COLUMNS, ...ORIGIN_COLUMNS, ...FACT_COLUMNS];

const isCount = ({ name, type }: UsageColumn): boolean => type === "bigint" && name !== "record_id";
const COUNTS = LANDED.filter(isCount).map(({ name }) => name);
const HAS_LARGE = COUNTS.map((name) => `abs(coalesce(${name}, 0)) > 2147483647`).join(" OR ");

/** The SQL that writes rows of what they mean, given as SQL of each column, as a landing file stores them. */
export function storedRows(meaning: (column: UsageColumn) => string, rows: string): string {
  const columns = LANDED.map((column) => `${meaning(column)} AS ${column.name}`);
  const large = `CASE WHEN ${HAS_LARGE} THEN to_json([${COUNTS.join(", ")}])::VARCHAR END AS large_counts`;
  return `SELECT ${LANDED.map(stored).join(", ")}, ${large} FROM (SELECT ${columns.join(", ")} FROM ${rows})`;
}

function stored(column: UsageColumn): string {
  const { name, type, nullable } = column;
  if (isCount(column)) return `CASE WHEN ${HAS_LARGE} THEN ${nullable ? "NULL" : "0"} ELSE ${name} END::INTEGER AS ${name}`;
  if (type === "timestamp") return `epoch_us(${name})::DOUBLE AS ${name}`;
  return type === "texts" || type === "text_map" ? `to_json(${name})::VARCHAR AS ${name}` : name;
}
