import type { StatusClass } from "../../ledger/usage/status-class.ts";
import type { CallerType } from "../../ledger/usage/usage-record.ts";

/** A caller's requests for a model with the same status class. */
export interface AccessAttempt {
  instance: string;
  /** Login in lower case, or tags joined by commas. */
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
  /** `unknown` where neither the gateway's configuration nor the request shows it. */
  provider: string;
  /** As recorded, without a leading provider. */
  model: string;
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
