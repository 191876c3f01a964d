import type { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";

/** The accepted kinds of bills, for error messages. */
export const EXPECTED =
  "expected are Anthropic's usage or cost report, OpenAI's completions usage or costs (responses as JSON, several as an array or one per line, or their CSV), a FOCUS file (CSV or Parquet), or a CSV with date, provider, model and token_type, tokens or cost_usd";

/** @param place file, and position in it. */
export function billMistake(place: string, message: string, remedy = `correct the file or fetch it again; ${EXPECTED}`): LedgerError {
  return new LedgerError("bill_invalid", `${place}: ${message}`, { remedy });
}

/** The first mistake of a page, with its path. */
export function pageMistake(origin: string, error: z.ZodError): LedgerError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === "number" ? `[${String(step)}]` : `.${String(step)}`)).join("");
  return billMistake(origin, `${path.replace(/^\./, "") || "the page"}: ${issue?.message ?? "is not what was expected"}`);
}
