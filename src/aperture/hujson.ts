import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { type ErrorCode, LedgerError } from "../errors.ts";

/** Parses HuJSON: JSON with comments and trailing commas. `what` names the text in the error, which has the code given. */
export function parseHuJson(text: string, what: string, code: ErrorCode = "gateway_config_invalid"): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  throw new LedgerError(code, `${what}: ${printParseErrorCode(first.error)} at ${placeIn(text, first.offset)}`, {
    remedy: "it has to be HuJSON: JSON with comments and trailing commas",
  });
}

/** `line 3, column 7`: both counted from 1. */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
