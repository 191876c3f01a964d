import { LedgerError, type ErrorCode } from "../errors.ts";

/** Configurations, policies and reports have a depth of ten; recursive parsers fail at some thousand. */
export const MOST_DEPTH = 200;

/** JSON's tokens that matter here: texts and comments, in which brackets mean nothing, and brackets. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|[[\]{}]/g;

/** Throws where a JSON text, with comments or without, is nested deeper than any real document. */
export function refuseDeepNesting(text: string, what: string, code: ErrorCode): void {
  let depth = 0;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > MOST_DEPTH) throw tooDeep(what, code);
  }
}

export function tooDeep(what: string, code: ErrorCode, cause?: unknown): LedgerError {
  return new LedgerError(code, `${what}: lists and maps are nested more than ${String(MOST_DEPTH)} deep`, { remedy: "check that it is the right file: a real one is never nested so deeply", cause });
}
