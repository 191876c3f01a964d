import type { AllocationSettings, TrueUp } from "../allocation/settings/settings.ts";
import type { Config } from "../config/config.ts";
import { landAsProcessorsAllow } from "../ingest/landing-threads.ts";
import { requireDollars } from "../ledger/dollars.ts";
import type { ExchangeRate } from "../ledger/exchange-rate.ts";
import type { Environment } from "../messages/target.ts";
import { dayPricing } from "../prices/list/price-days.ts";
import type { PriceEntry } from "../prices/list/price-entry.ts";
import { alertTools, anomalyCheck, notifyingSettings } from "./alert-settings.ts";
import { allocationSettings } from "./allocation-settings.ts";
import { archiveSettings, type Secrets } from "./archive-settings.ts";
import { billFetching } from "./bill-fetching.ts";
import { deliverySettings } from "./delivery-settings.ts";
import { configuredBudgets } from "./configured-budgets.ts";
import { priceSources } from "./configured-prices.ts";
import { headPlaces } from "./head-places.ts";
import { healthSettings } from "./health-settings.ts";
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

/** Puts a ledger together from its configuration and from data that was already read. Reads and writes nothing. */
export function assemble(config: Config, stores: Stores, inputs: Inputs, services: LedgerServices): Ledger {
  const { gateways, catalogues, policies, trueUps, pseudonymOf } = inputs;
  const allocation = { ...allocationSettings(config, policies, trueUps), pseudonymOf };
  const prices = priceSources(config, inputs.prices, { gateways, catalogues });
  return {
    stores,
    rules: {
      normalisingAt: normalisingRules(config, gateways),
      allocation,
      health: healthSettings(config),
      budgets: () => configuredBudgets(config, allocation),
      report: { tags: config.allocation.tags, dimensions: [...config.dimensions.keys()], focus: config.focus, ...config.report, company: config.report.company, secondCurrency: config.currency.second, rates: exchangeRates(config), ...privacySettings(config, inputs.secrets), ...((config.http?.teams ?? "none") === "none" ? {} : { everyTeam: true }) },
    },
    money: { prices, pricingOf: dayPricing(prices) },
    telling: assembleTelling(config, inputs.environment, services),
    work: assembleWork(config, inputs.secrets, services),
  };
}

/** Undefined where reports name people. */
function privacySettings({ privacy }: Config, { privacyKey }: Secrets): Pick<Ledger["rules"]["report"], "privacy"> {
  return privacy.callers === "name" ? {} : { privacy: { smallestGroup: privacy.smallest_group, key: privacyKey } };
}

export function assembleTelling(config: Config, environment: Environment, { log, progress, print, clock }: LedgerServices): Telling {
  const tools = alertTools(print ?? ((line) => log.info({ alert: line }, "alert")), environment, clock);
  return { alerting: { notifying: notifyingSettings(config), anomalies: anomalyCheck(config), ...(config.hooks === undefined ? {} : { live: true }), tools }, delivering: deliverySettings(config), heads: headPlaces(config, tools), log, progress };
}

export function assembleWork(config: Config, secrets: Secrets, { land = landAsProcessorsAllow(), clock }: Pick<LedgerServices, "land" | "clock">): Work {
  return { archiving: archiveSettings(config, secrets), land, fetching: billFetching(config), clock };
}

/** The rates of `currency.rates`. */
export function exchangeRates({ currency }: Config): ExchangeRate[] {
  return currency.rates.map(({ per_usd: perDollar, ...rate }) => ({ ...rate, perDollar: requireDollars(perDollar, { what: `the rate of ${rate.currency} from ${rate.from}`, code: "config_invalid", remedy: "write a positive decimal with up to nine decimal places" }) }));
}
