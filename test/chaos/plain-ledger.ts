import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import pino from "pino";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import { landExport } from "../../src/ingest/land-export.ts";
import type { LedgerContext } from "../../src/open/ledger-context.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { NOBODY_TOLD } from "../nobody-told.ts";
import { NO_PRICES } from "../no-prices.ts";
import { NO_TEAMS } from "../no-teams.ts";

/** A ledger without anything configured but its places, as the workers' configuration has it. */
export function plainLedger(source: ObjectStore, lake: ObjectStore): LedgerContext {
  return {
    lake,
    archive: lake,
    archiving: PLAIN_ARCHIVE,
    sources: [{ instance: "prod", store: source }],
    rulesAt: (instance) => ({ instance, gateway: [], dimensions: new Map() }),
    allocation: NO_TEAMS,
    budgets: () => [],
    clock: () => new Date(),
    alerting: NOBODY_TOLD,
    report: { tags: "even", dimensions: [] },
    prices: NO_PRICES,
    pricingOf: withoutPrices,
    land: landExport,
    log: pino({ level: "silent" }),
    progress: { begin: () => undefined, step: () => undefined },
  };
}
