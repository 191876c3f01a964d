import { z } from "zod";
import { shownText } from "../../ledger/text/visible-text.ts";

/** The members of problem details (RFC 9457) that say what is wrong. */
const problem = z.object({ title: z.string().optional(), detail: z.string().optional() });

/**
 * The mistake that an answer reports, safe to show: `Forbidden: admin role required`. Undefined where the answer is not problem details, or says
 * no more than its status. @param statusText left out of the result, since messages already show it
 */
export function describeProblem(text: string, statusText: string): string | undefined {
  const { title, detail } = problem.safeParse(parseJson(text)).data ?? {};
  const said = [...new Set([title, detail])].filter((part) => part !== undefined && part.trim() !== "" && part !== statusText);
  return said.length === 0 ? undefined : shownText(said.join(": "));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
