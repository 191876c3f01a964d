import { z } from "zod";
import { addDays } from "../../ledger/days.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { ascending } from "../../ledger/orders.ts";
import { shownText } from "../../ledger/text/visible-text.ts";
import { type Property, propertiesOf } from "./property.ts";
import { DAY, type Filter, MEASURES, PRESETS, type Question, type QuestionSettings, TOPS } from "./question.ts";

/** Days that one question may ask for. */
const MOST_DAYS = 400;
const LONGEST_VALUE = 1000;
const MOST_VALUES = 50;

/** Values of parameters by name, without empty ones: a form sends the fields that nobody filled in. */
type Parameters = ReadonlyMap<string, readonly string[]>;

/**
 * Reads a question from the query of its link. Without any parameter it is the cost of this month by caller.
 * Throws `usage`, which names the parameter, its value and the values that are allowed.
 */
export function parseQuestion(query: URLSearchParams, { dimensions }: Pick<QuestionSettings, "dimensions">): Question {
  const properties = propertiesOf(dimensions);
  const groupings = properties.filter(({ isGrouping }) => isGrouping).map(({ name }) => name);
  const given = new Map([...Map.groupBy(query, ([name]) => name)].map(([name, pairs]) => [name, pairs.map(([, value]) => value).filter((value) => value !== "")]));
  const known = ["span", "from", "to", "rows", "columns", "measure", "top", "without", ...properties.map(({ name }) => name)];
  for (const name of given.keys()) if (!known.includes(name)) throw new LedgerError("usage", `There is no parameter ${quote(name)}.`, { remedy: `The parameters are ${known.join(", ")}.` });
  const rows = readOne(given, "rows", oneOf([DAY, ...groupings])) ?? "caller";
  const columns = readOne(given, "columns", oneOf(groupings)) ?? null;
  if (columns === rows) throw refuse("columns", columns, `a property that the rows are not: rows is ${rows}`);
  return {
    span: readSpan(given),
    filters: readFilters(given, properties),
    rows,
    columns,
    measure: readOne(given, "measure", oneOf(MEASURES)) ?? "cost",
    top: readOne(given, "top", z.enum(TOPS.map(String)).transform(Number).pipe(z.literal(TOPS)), TOPS.join(", ")) ?? TOPS[0],
  };
}

function oneOf<const Value extends string>(values: readonly Value[]): z.ZodType<Value> {
  return z.enum(values, values.join(", "));
}

/** A parameter that is given at most once. */
function readOne<Value>(given: Parameters, name: string, shape: z.ZodType<Value>, allowed?: string): Value | undefined {
  const [value, ...more] = given.get(name) ?? [];
  if (value === undefined) return undefined;
  if (more.length > 0) throw refuse(name, more.join(", "), "one value: the parameter is given several times");
  return read(name, value, shape, allowed);
}

function read<Value>(name: string, value: string, shape: z.ZodType<Value>, allowed?: string): Value {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(name, value, allowed ?? parsed.error.issues[0]?.message ?? "");
}

const day = z.iso.date().refine((text) => /^20\d\d/.test(text));

function readSpan(given: Parameters): Question["span"] {
  const span = readOne(given, "span", oneOf(PRESETS));
  const [from, to] = ["from", "to"].map((name) => readOne(given, name, day, "a day from 2000-01-01 to 2099-12-31, such as 2026-10-01"));
  if (span !== undefined) {
    if (from !== undefined || to !== undefined) throw refuse("span", span, "no span together with from and to: leave one of them out");
    return span;
  }
  if (from === undefined && to === undefined) return PRESETS[0];
  if (from === undefined || to === undefined) throw refuse(from === undefined ? "from" : "to", "", "a day: from and to belong together");
  if (to < from) throw refuse("to", to, `a day that is not before from, ${from}`);
  if (to > addDays(from, MOST_DAYS - 1)) throw refuse("to", to, `at most ${String(MOST_DAYS)} days from ${from} on: up to ${addDays(from, MOST_DAYS - 1)}`);
  return { from, to };
}

function readFilters(given: Parameters, properties: readonly Property[]): Filter[] {
  const lacked = new Set((given.get("without") ?? []).map((name) => read("without", name, oneOf(properties.filter(({ isOptional }) => isOptional).map((property) => property.name)))));
  return properties.flatMap(({ name, values: allowed }): Filter[] => {
    const shape = allowed === undefined ? z.string().max(LONGEST_VALUE, `at most ${String(LONGEST_VALUE)} characters`) : oneOf(allowed);
    const values = [...new Set((given.get(name) ?? []).map((value) => read(name, value, shape)))].sort(ascending);
    if (values.length > MOST_VALUES) throw refuse(name, `${String(values.length)} values`, `at most ${String(MOST_VALUES)} values`);
    const lacking = lacked.has(name);
    return values.length === 0 && !lacking ? [] : [{ property: name, values, lacking }];
  });
}

/** Whether a link can have the value as a filter. */
export function canFilter(value: string): boolean {
  return value !== "" && value.length <= LONGEST_VALUE && value.isWellFormed();
}

function refuse(name: string, value: string, allowed: string): LedgerError {
  return new LedgerError("usage", value === "" ? `The parameter ${name} is missing.` : `The parameter ${name} cannot be ${quote(value)}.`, { remedy: `Allowed: ${allowed}.` });
}

function quote(text: string): string {
  return `"${shownText(text)}"`;
}
