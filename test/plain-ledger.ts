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
      health: { notify: undefined, ignore: new Set(), silentMilliseconds: 7_200_000, exporterLimit: undefined, backlogExports: 3, noCapturePercent: 20, quotaDrift: 1_000_000_000n },
      report: { tags: "even", dimensions: [], focus: { version: "1.2", detail: "caller", formats: ["parquet", "csv"], nightly: false }, secondCurrency: undefined, rates: [], company: undefined, owners: new Map(), journal: { account: "AI usage", accounts: new Map(), clearing: "AI usage clearing" } },
    },
    money: { prices: NO_PRICES, pricingOf: withoutPrices },
    telling: { alerting: NOBODY_TOLD, log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } },
    work: { archiving: PLAIN_ARCHIVE, land: landExport, fetching: { sources: [], env: {}, wait: () => Promise.resolve() }, clock: () => new Date() },
  };
}
