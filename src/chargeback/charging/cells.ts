import { sqlTrimZeros } from "../../ledger/sql/sql-values.ts";
import { spellControls } from "../../ledger/text/visible-text.ts";
import type { FocusColumn } from "../focus/focus-columns.ts";

/** Control characters that `spellControls` spells out. */
const CONTROLS = Array.from({ length: 128 }, (_, code) => code).filter((code) => spellControls(String.fromCharCode(code)).length > 1);

const ANY_CONTROL = `[${CONTROLS.map((code) => `\\x{${code.toString(16)}}`).join("")}]`;

/** The same rule as in the report's CSV files. */
const FORMULA_START = "^[=+\\-@\\t\\r\\n＝＋－＠]";

/** SQL that does to a column what `neutralise` does to a text. One test passes nearly all texts unchanged. */
export function sqlNeutralised(column: string): string {
  const spelled = CONTROLS.reduce((sql, code) => `replace(${sql}, chr(${String(code)}), '${spellControls(String.fromCharCode(code))}')`, column);
  return `CASE WHEN regexp_matches(${column}, '${FORMULA_START}|${ANY_CONTROL}')
    THEN CASE WHEN regexp_matches(${column}, '${FORMULA_START}') THEN '''' ELSE '' END || ${spelled} ELSE ${column} END`;
}

/** SQL of the cell of a column whose values a table holds as text. */
export function sqlCell({ name, type }: Pick<FocusColumn, "name" | "type">): string {
  if (type === "VARCHAR") return sqlNeutralised(name);
  return type === "TIMESTAMPTZ" ? `strftime(${name}::TIMESTAMPTZ, '%Y-%m-%dT%H:%M:%SZ')` : sqlTrimZeros(`${name}::${type}::VARCHAR`);
}
