import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { LedgerError } from "../errors.ts";

/** Parses HuJSON: JSON with comments and trailing commas. `what` names the text in the error. */
export function parseHuJson(text: string, what: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first === undefined) return value;
  const before = text.slice(0, first.offset).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  throw new LedgerError("gateway_config_invalid", `${what}: ${printParseErrorCode(first.error)} at ${place}`, {
    remedy: "it has to be HuJSON: JSON with comments and trailing commas",
  });
}
