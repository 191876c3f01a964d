import pino from "pino";
import { landAsProcessorsAllow } from "../../src/ingest/landing-threads.ts";
import type { ExportSource, LedgerContext } from "../../src/open/ledger-context.ts";
import { withoutPrices } from "../../src/lake/days/day-pricing.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { NOBODY_TOLD } from "../nobody-told.ts";
import { NO_TEAMS } from "../no-teams.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";

/** What every job needs, of one gateway at most. */
export function benchLedger(lake: ObjectStore, sources: readonly ExportSource[], changes: Partial<LedgerContext> = {}): LedgerContext {
  return {
    lake,
    archive: lake,
    archiving: PLAIN_ARCHIVE,
    sources,
    rulesAt: (instance) => ({ instance, gateway: [], dimensions: new Map([["repo", "X-Github-Repository"]]) }),
    allocation: NO_TEAMS,
    budgets: () => [],
    clock: () => new Date(),
    alerting: NOBODY_TOLD,
    report: { tags: "even", dimensions: [] },
    prices: { list: [], gateways: new Map() },
    pricingOf: withoutPrices,
    land: landAsProcessorsAllow(),
    log: pino({ level: "silent" }),
    progress: { begin: () => undefined, step: () => undefined },
    ...changes,
  };
}
