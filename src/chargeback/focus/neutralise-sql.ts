import { spellControls } from "../../ledger/text/visible-text.ts";

/** Those that `spellControls` spells out. */
const CONTROLS = Array.from({ length: 128 }, (_, code) => code).filter((code) => spellControls(String.fromCharCode(code)).length > 1);
const ANY_CONTROL = `[${CONTROLS.map((code) => `\\x{${code.toString(16)}}`).join("")}]`;
/** As in the CSV files of the report. */
const FORMULA_START = "^[=+\\-@\\t\\r\\n＝＋－＠]";

/** SQL of what `neutralise` makes of the text that a column holds. */
export function neutraliseSql(column: string): string {
  const spelled = CONTROLS.reduce((sql, code) => `replace(${sql}, chr(${String(code)}), '${spellControls(String.fromCharCode(code))}')`, column);
  return `CASE WHEN regexp_matches(${column}, '${FORMULA_START}') THEN '''' ELSE '' END
    || CASE WHEN regexp_matches(${column}, '${ANY_CONTROL}') THEN ${spelled} ELSE ${column} END`;
}
