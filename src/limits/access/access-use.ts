import type { StatusClass } from "../../ledger/usage/status-class.ts";
import type { CallerType } from "../../ledger/usage/usage-record.ts";

/** Somebody's requests for a model that came out alike. */
export interface AccessAttempt {
  instance: string;
  /** Login in lower case, or tags joined by commas. */
  caller: string;
  callerType: CallerType;
  tags: readonly string[];
  /** `unknown` where neither the gateway's configuration nor the request told. */
  provider: string;
  /** As recorded, without the provider in front. */
  model: string;
  statusClass: StatusClass;
  last: Date;
}

export interface AccessUse extends AccessAttempt {
  requests: number;
  first: Date;
}

/** What grants' patterns are matched with: `anthropic/claude-opus-4-8`. */
export function addressOf({ provider, model }: Pick<AccessAttempt, "provider" | "model">): string {
  return `${provider}/${model}`;
}
