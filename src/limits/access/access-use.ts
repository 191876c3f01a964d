import { STATUS_CLASS, STATUS_CLASSES } from "../../ledger/usage/status-class.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** How a request ended. A 404 is a class of its own, since the gateway also answers with it for models that nobody may use. */
export const ACCESS_CLASSES = [...STATUS_CLASSES, "not_found"] as const;
type AccessClass = (typeof ACCESS_CLASSES)[number];

/** SQL of the class of a row of `usage`. */
export const ACCESS_CLASS = `CASE WHEN status_code = 404 THEN 'not_found' ELSE ${STATUS_CLASS} END`;

/** A caller's requests for a model with the same class. The model is the recorded one, without a leading provider. */
export interface AccessAttempt extends Pick<UsageKey, "instance" | "caller" | "callerType" | "tags" | "provider" | "model"> {
  statusClass: AccessClass;
  last: Date;
}

export interface AccessUse extends AccessAttempt {
  requests: number;
  first: Date;
}

/** The text that patterns of grants are matched against: `anthropic/claude-opus-4-8`. */
export function addressOf({ provider, model }: Pick<AccessAttempt, "provider" | "model">): string {
  return `${provider}/${model}`;
}
