import type { Filter, Question } from "./question.ts";
import { TOPS } from "./question.ts";

/** The query of a question's link. `parseQuestion` reads the same question from it. */
export function formatQuestion({ span, filters, rows, columns, measure, top }: Question): string {
  const query = new URLSearchParams();
  if (typeof span === "string") query.append("span", span);
  else {
    query.append("from", span.from);
    query.append("to", span.to);
  }
  for (const [name, value] of filterParameters(filters)) query.append(name, value);
  query.append("rows", rows);
  if (columns !== null) query.append("columns", columns);
  query.append("measure", measure);
  if (top !== TOPS[0]) query.append("top", String(top));
  return query.toString();
}

/** The parameters of filters, for links and for the hidden fields of a form. */
export function filterParameters(filters: readonly Filter[]): [name: string, value: string][] {
  return [
    ...filters.flatMap(({ property, values }) => values.map((value): [string, string] => [property, value])),
    ...filters.flatMap(({ property, lacking }): [string, string][] => (lacking ? [["without", property]] : [])),
  ];
}
