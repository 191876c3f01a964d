import type { Property } from "../question/property.ts";
import type { Filter } from "../question/question.ts";

/** A condition of SQL, and the values of its parameters. */
export interface Condition {
  sql: string;
  values: Record<string, string>;
}

/** SQL of whether a row meets all filters. Values from outside become parameters of the statement. */
export function sqlFilters(filters: readonly Filter[], properties: readonly Property[]): Condition {
  const values: Record<string, string> = {};
  const bind = (value: string): string => {
    const name = `value_${String(Object.keys(values).length)}`;
    values[name] = value;
    return `$${name}`;
  };
  const conditions = filters.map((filter): string => {
    const property = properties.find(({ name }) => name === filter.property);
    if (property === undefined) throw new RangeError(`no property ${filter.property}`);
    const bound = filter.values.map(bind).join(", ");
    const has = property.has?.(bound) ?? `${property.sql} IN (${bound})`;
    return `(${[...(bound === "" ? [] : [`coalesce(${has}, false)`]), ...(filter.lacking ? [`${property.sql} IS NULL`] : [])].join(" OR ")})`;
  });
  return { sql: ["true", ...conditions].join(" AND "), values };
}
