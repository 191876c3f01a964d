import type { Check, FocusModel } from "./focus-model.ts";
import type { FocusData } from "./focus-data.ts";

export type Row = FocusData["rows"][number];
type RowCheck = (row: Row, check: Check, model: FocusModel) => boolean;

const NUMBER = /^-?\d+(?:\.\d+)?(?:E-?\d+)?$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
/** Whole quantity, then a unit, by or per time. */
const UNIT = /^(?:\d+ )?[A-Z][A-Za-z]*(?:[-/](?:\d+ )?(?:Year|Month|Day|Hour|Minute|Second)s?)?$/;

/** Checks of a single row. A null has a format. */
export const ROW_CHECKS: Readonly<Record<string, RowCheck>> = {
  CheckValue: (row, { ColumnName, Value }) => isValue(at(row, ColumnName), Value),
  CheckNotValue: (row, { ColumnName, Value }) => !isValue(at(row, ColumnName), Value),
  CheckSameValue: (row, { ColumnAName, ColumnBName }) => at(row, ColumnAName) === at(row, ColumnBName),
  CheckNotSameValue: (row, { ColumnAName, ColumnBName }) => at(row, ColumnAName) !== at(row, ColumnBName),
  CheckDecimalValue: (row, { ColumnName }) => exact(at(row, ColumnName)) !== undefined,
  CheckGreaterOrEqualThanValue: (row, { ColumnName, Value }) => {
    const difference = exact(at(row, ColumnName));
    return difference !== undefined && compare(difference, exact(String(Value))!) >= 0;
  },
  CheckNationalCurrency: (row, { ColumnName }, { currencies }) => currencies.has(at(row, ColumnName) ?? ""),
  ColumnByColumnEqualsColumnValue: (row, { ColumnAName, ColumnBName, ResultColumnName }) => {
    const [a, b, result] = [ColumnAName, ColumnBName, ResultColumnName].map((name) => exact(at(row, name)));
    if (a === undefined || b === undefined) return true;
    return result !== undefined && compare({ units: a.units * b.units, places: a.places + b.places }, result) === 0;
  },
  FormatNumeric: (row, { ColumnName }) => orNull(at(row, ColumnName), (text) => NUMBER.test(text)),
  FormatString: (row, { ColumnName }) => orNull(at(row, ColumnName), (text) => text.isWellFormed() && text.trim() !== ""),
  FormatDateTime: (row, { ColumnName }) => orNull(at(row, ColumnName), (text) => INSTANT.test(text) && !Number.isNaN(Date.parse(text))),
  FormatUnit: (row, { ColumnName }) => orNull(at(row, ColumnName), (text) => UNIT.test(text)),
  FormatCurrency: (row, { ColumnName }) => orNull(at(row, ColumnName), (text) => /^[A-Z]{3}$/.test(text)),
  FormatKeyValue: (row, { ColumnName }) => orNull(at(row, ColumnName), isFlatObject),
};

/** A column that is not there has no values. */
function at(row: Row, column: unknown): string | null {
  return row[String(column)] ?? null;
}

function orNull(text: string | null, has: (text: string) => boolean): boolean {
  return text === null || has(text);
}

function isValue(text: string | null, value: unknown): boolean {
  if (value === null || value === undefined || text === null) return text === (value ?? null);
  if (typeof value !== "number") return text === value;
  const number = exact(text);
  return number !== undefined && compare(number, exact(String(value))!) === 0;
}

interface Exact {
  units: bigint;
  places: number;
}

function exact(text: string | null): Exact | undefined {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text ?? "");
  if (match === null) return undefined;
  const [, whole = "", fraction = ""] = match;
  return { units: BigInt(`${whole}${fraction}`), places: fraction.length };
}

function compare(a: Exact, b: Exact): number {
  const [left, right] = [a.units * 10n ** BigInt(b.places), b.units * 10n ** BigInt(a.places)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function isFlatObject(text: string): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return false;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return false;
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
  return written === Object.keys(parsed).length && Object.values(parsed).every((value) => typeof value !== "object" || value === null);
}
