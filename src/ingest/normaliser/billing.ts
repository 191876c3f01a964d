import { firstInForce, rulesFor, rulesOverTime } from "../../ledger/names/rules-over-time.ts";
import type { GatewayProvider } from "../../ledger/gateway/gateway-providers.ts";
import { startOf } from "../../ledger/usage/record-time.ts";
import { type Credential, type RecordedRequest, YOUNGEST_RECORD } from "../../ledger/usage/recorded-request.ts";
import { remember } from "../../ledger/names/remember.ts";
import { type Billing, isListValue } from "../../ledger/usage/usage-record.ts";

/** A configured rule for who pays a provider. Plain data, since it is passed to threads. */
export interface BillingRule {
  /** A name, or a pattern of names. */
  provider: string;
  billing: Billing;
  /** Milliseconds since 1970; null where it always applies. */
  from: number | null;
}

export interface DecidedBilling {
  billing: Billing;
  /** The credential is unknown and no rule decides who pays: it was assumed to belong to a subscription. */
  billingAssumed: boolean;
}

/** @param configured the provider in the gateway's configuration; undefined where it is not configured. */
export type DecideBilling = (request: Pick<RecordedRequest, "ts" | "credential">, provider: string, configured?: GatewayProvider) => DecidedBilling;

/**
 * Determines who pays a request. A passthrough provider receives the client's own credential, so each request is decided separately: by the
 * credential in its capture, otherwise by the rule in force, otherwise it is assumed to be a subscription. For other providers the gateway's
 * own key pays, unless a rule says otherwise. A provider that is missing in the gateway's configuration is a passthrough provider if a
 * rule says that its callers pay, since they could not pay in any other way.
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
      // The gateway adds its own key where the client sent none.
      return ownBilling(configured);
    default:
      return credential satisfies never;
  }
}

function ownBilling(configured: GatewayProvider | undefined): Billing {
  return configured !== undefined && (configured.tailnet || configured.authMode === "none") ? "self_hosted" : "metered";
}

/** The rules that may apply to records of an export from that time. Later rules do not make the export stale. */
export function rulesUntil(rules: readonly BillingRule[], exportTime: Date): BillingRule[] {
  const latest = exportTime.getTime() + YOUNGEST_RECORD;
  return rules.filter(({ from }) => from === null || from <= latest);
}
