import type { AllocationSettings, TrueUp } from "../allocation/settings/settings.ts";
import type { Config } from "../config/config.ts";
import { landAsProcessorsAllow } from "../ingest/landing-threads.ts";
import type { Environment } from "../limits/alerts/alert-target.ts";
import { dayPricing } from "../prices/list/price-days.ts";
import type { PriceEntry } from "../prices/list/price-entry.ts";
import { alertTools, anomalyCheck, notifyingSettings } from "./alert-settings.ts";
import { allocationSettings } from "./allocation-settings.ts";
import { archiveSettings, type Secrets } from "./archive-settings.ts";
import { configuredBudgets } from "./configured-budgets.ts";
import { priceSources } from "./configured-prices.ts";
import type { Ledger, Stores, Telling, Work } from "./ledger.ts";
import type { LedgerServices } from "./ledger-services.ts";
import { normalisingRules } from "./normalising-rules.ts";
import type { Snapshots } from "./refresh-from-gateways.ts";

/** What is read before a ledger can be put together, besides the configuration. */
export interface Inputs extends Snapshots {
  trueUps: readonly TrueUp[];
  /** The price list, in its order. */
  prices: readonly PriceEntry[];
  /** Undefined if no caller was erased. */
  pseudonymOf: AllocationSettings["pseudonymOf"];
  secrets: Secrets;
  /** The environment, and the contents of the files that alert targets name. */
  environment: Environment;
}

/** Puts a ledger together from its configuration and from what was read. Reads and writes nothing. */
export function assemble(config: Config, stores: Stores, inputs: Inputs, services: LedgerServices): Ledger {
  const { gateways, policies, trueUps, pseudonymOf } = inputs;
  const allocation = { ...allocationSettings(config, policies, trueUps), pseudonymOf };
  const prices = priceSources(config, inputs.prices, gateways);
  return {
    stores,
    rules: {
      normalisingAt: normalisingRules(config, gateways),
      allocation,
      budgets: () => configuredBudgets(config, allocation),
      report: { tags: config.allocation.tags, dimensions: [...config.dimensions.keys()], focus: config.focus },
    },
    money: { prices, pricingOf: dayPricing(prices) },
    telling: assembleTelling(config, inputs.environment, services),
    work: assembleWork(config, inputs.secrets, services),
  };
}

export function assembleTelling(config: Config, environment: Environment, { log, progress, print, clock }: LedgerServices): Telling {
  const tools = alertTools(print ?? ((line) => log.info({ alert: line }, "alert")), environment, clock);
  return { alerting: { notifying: notifyingSettings(config), anomalies: anomalyCheck(config), tools }, log, progress };
}

export function assembleWork(config: Config, secrets: Secrets, { land = landAsProcessorsAllow(), clock }: Pick<LedgerServices, "land" | "clock">): Work {
  return { archiving: archiveSettings(config, secrets), land, clock };
}
