import { firstInForce, rulesFor, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import type { GatewayProvider } from "../../ledger/gateway/gateway-providers.ts";
import { startOf } from "../../ledger/usage/record-time.ts";
import { type Credential, type RecordedRequest, YOUNGEST_RECORD } from "../../ledger/usage/recorded-request.ts";
import { remember } from "../../ledger/names/remember.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";

/** What the configuration says of who pays a provider. Plain data: it may go to another thread. */
export interface BillingRule {
  /** A name, or a pattern of names. */
  provider: string;
  billing: Billing;
  /** Milliseconds since 1970; null where it always holds. */
  from: number | null;
}

export interface DecidedBilling {
  billing: Billing;
  /** Nothing was seen of the credential, and no rule says who pays: it was taken for a plan's. */
  billingAssumed: boolean;
}

/** @param configured the provider as the gateway's configuration has it; undefined where it does not. */
export type DecideBilling = (request: Pick<RecordedRequest, "ts" | "credential">, provider: string, configured?: GatewayProvider) => DecidedBilling;

/**
 * Who pays a request. A provider in passthrough forwards what the client sends, so there each request decides by itself: by the
 * credential that its capture shows, else by the rule in force, else it is taken for a subscription's. Elsewhere the gateway's own
 * key pays, unless a rule says otherwise. A provider that the gateway's configuration does not know is in passthrough if a rule
 * says that its callers pay: nothing else lets them.
 */
export function billingDecider(rules: readonly BillingRule[]): DecideBilling {
  const overTime = rulesOverTime(rules, ({ provider }) => provider, ({ from }) => startOf(from));
  const rulesOf = remember((provider) => rulesFor(overTime, provider));
  return ({ ts, credential }, provider, configured) => {
    const ruled = firstInForce(rulesOf(provider), ts)?.billing;
    const isPassthrough = configured === undefined ? ruled !== undefined && isListValue(ruled) : configured.authMode === "passthrough";
    if (isPassthrough && credential !== null) return { billing: paidBy(credential, configured), billingAssumed: false };
    if (ruled !== undefined) return { billing: ruled, billingAssumed: false };
    return isPassthrough ? { billing: "subscription", billingAssumed: true } : { billing: ownBilling(configured), billingAssumed: false };
  };
}

function paidBy(credential: Credential, configured: GatewayProvider | undefined): Billing {
  switch (credential) {
    case "subscription":
      return "subscription";
    case "api_key":
      return "caller_key";
    case "none":
      // The gateway puts its own key in place of what the client did not send.
      return ownBilling(configured);
    default:
      return credential satisfies never;
  }
}

function ownBilling(configured: GatewayProvider | undefined): Billing {
  return configured !== undefined && (configured.tailnet || configured.authMode === "none") ? "self_hosted" : "metered";
}

/** The rules that a record of an export of that time can meet. Those that begin later do not make the export stale. */
export function rulesUntil(rules: readonly BillingRule[], exportTime: Date): BillingRule[] {
  const latest = exportTime.getTime() + YOUNGEST_RECORD;
  return rules.filter(({ from }) => from === null || from <= latest);
}
