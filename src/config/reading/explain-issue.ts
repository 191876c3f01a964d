import type { z } from "zod";
import { shorten } from "../../ledger/text/shorten.ts";
import { suggestKey } from "./known-keys.ts";
import { mayBeSecret } from "./may-be-secret.ts";
import { COMMA_REMEDY, hasNumberComma, VARIABLE_REMEDY } from "./misread-texts.ts";

type Issue = z.core.$ZodIssue;

const MOST_LETTERS = 60;

/** Adds the wrong value to a mistake, or the key that was probably meant. */
export function explainIssue(issue: Issue, value: unknown, shape: z.ZodType): Issue {
  if (issue.code === "unrecognized_keys") return { ...issue, message: `${issue.message}${askAbout(issue, shape)}` };
  if (isAboutKey(issue)) return issue;
  const quoted = quote(issue, value);
  if (quoted === undefined || issue.message.includes(quoted)) return issue;
  const joint = /^(?:Invalid|Too)/.test(issue.message) ? ": " : ", not ";
  return { ...issue, message: `${issue.message}${joint}${quoted}${hint(value)}` };
}

/** Whether a mistake is about a key rather than its value, such as a dimension that does not exist. */
function isAboutKey({ code, message, path }: Issue): boolean {
  const key = path.at(-1);
  return code === "custom" && typeof key === "string" && message.includes(` ${key}:`);
}

function askAbout({ path, keys }: z.core.$ZodIssueUnrecognizedKeys, shape: z.ZodType): string {
  const meant = keys.flatMap((key) => suggestKey(shape, path, key) ?? []);
  return meant.length === 0 ? "" : `: did you mean ${meant.join(", ")}?`;
}

function quote({ path }: Issue, value: unknown): string | undefined {
  if (mayBeSecret(path, value)) return undefined;
  if (typeof value === "string") return JSON.stringify(shorten(value, MOST_LETTERS));
  return value === null || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function hint(value: unknown): string {
  if (typeof value !== "string") return "";
  if (hasNumberComma(value)) return `: ${COMMA_REMEDY}`;
  return /^\$\{?\w+\}?$/.test(value) ? `: ${VARIABLE_REMEDY}` : "";
}
