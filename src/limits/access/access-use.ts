import type { StatusClass } from "../../ledger/usage/status-class.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";

/** A caller's requests for a model with the same status class. The model is the recorded one, without a leading provider. */
export interface AccessAttempt extends Pick<UsageKey, "instance" | "caller" | "callerType" | "tags" | "provider" | "model"> {
  statusClass: StatusClass;
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
