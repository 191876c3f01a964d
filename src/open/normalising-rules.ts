import type { Rules } from "./ledger.ts";
import type { Config } from "../config/config.ts";
import { startOfDay } from "../ledger/days.ts";
import { type GatewaySnapshots, providersUntil } from "../lake/records/gateway-snapshots.ts";
import { type BillingRule, rulesUntil } from "../ingest/normaliser/billing.ts";

/** How records are normalised: by the configuration, and by the gateways' configurations at that time. */
export function normalisingRules(config: Pick<Config, "dimensions" | "providers" | "timezone">, snapshots: GatewaySnapshots): Rules["normalisingAt"] {
  const { dimensions } = config;
  const rules = billingRules(config);
  return (instance, exportTime) => ({
    instance,
    gateway: providersUntil(snapshots.get(instance) ?? [], exportTime),
    billing: rulesUntil(rules, exportTime),
    dimensions,
  });
}

function billingRules({ providers, timezone }: Pick<Config, "providers" | "timezone">): BillingRule[] {
  return providers.flatMap(({ provider, billing, from }) =>
    billing === undefined ? [] : [{ provider, billing, from: from === undefined ? null : startOfDay(from, timezone).getTime() }],
  );
}
