import pino from "pino";
import { landExport } from "../src/ingest/land-export.ts";
import { withoutPrices } from "../src/lake/days/day-pricing.ts";
import type { Ledger } from "../src/open/ledger.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { NOBODY_TOLD } from "./nobody-told.ts";
import { NO_PRICES } from "./no-prices.ts";
import { NO_TEAMS } from "./no-teams.ts";
import { PLAIN_ARCHIVE } from "./plain-archive.ts";

/** A ledger on the given stores, of which nothing else is configured. */
export function plainLedger(source: ObjectStore, lake: ObjectStore): Ledger {
  return {
    stores: { lake, archive: lake, sources: [{ instance: "prod", store: source }] },
    rules: {
      normalisingAt: (instance) => ({ instance, gateway: [], dimensions: new Map() }),
      allocation: NO_TEAMS,
      budgets: () => [],
      report: { tags: "even", dimensions: [], focus: { detail: "caller", formats: ["parquet", "csv"], nightly: false } },
    },
    money: { prices: NO_PRICES, pricingOf: withoutPrices },
    telling: { alerting: NOBODY_TOLD, log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } },
    work: { archiving: PLAIN_ARCHIVE, land: landExport, clock: () => new Date() },
  };
}
