import { z } from "zod";
import type { Selection } from "../../archive/chain/event.ts";
import { parseSelection } from "../../archive/hold-selection.ts";

const text = z.string().min(1).max(1000, "has more than 1000 characters").optional();
/** A form leaves out a field without content. */
const reason = z.string("say why, in one line");

/** A selection as clients write it. */
const parts = { caller: text, session: text, instance: text, from: text, to: text };
export const newHold = z.strictObject({ ...parts, reason });
export const newRelease = z.strictObject({ reason });

export type HoldWish = z.infer<typeof newHold>;

/** One line about what a wish lacks, for people. */
export function describeIssues({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => [...path.map(String), message].join(": ")).join("; ");
}

/** Throws `usage`. */
export function selectionOf({ instance, from, to, caller, session }: Omit<HoldWish, "reason">): Selection {
  return parseSelection({
    ...(caller !== undefined && { caller }),
    ...(session !== undefined && { session }),
    ...(instance !== undefined && { gateway: instance }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  });
}

/** The fields of a form that are filled in; undefined where a field is given twice. */
export function readForm(body: string): Record<string, string> | undefined {
  const fields = [...new URLSearchParams(body)];
  if (new Set(fields.map(([name]) => name)).size < fields.length) return undefined;
  return Object.fromEntries(fields.map(([name, value]): [string, string] => [name, value.trim()]).filter(([, value]) => value !== ""));
}
