import type { Logger } from "pino";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { TagCounting } from "../chargeback/report/count-tags.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import type { Budget } from "../limits/budgets/budget.ts";
import type { PriceSources } from "../prices/list/price-days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { NormalisingRules } from "../ingest/normaliser/normalise.ts";
import type { Alerting } from "../limits/alerting/alerting.ts";
import type { Archiving } from "../archive/archiving.ts";
import type { LandExport } from "../ingest/land-export.ts";

export interface ExportSource {
  /** Name of the gateway. */
  instance: string;
  store: ObjectStore;
}

export interface ReportSettings {
  tags: TagCounting;
  /** Names of the configured dimensions: each is reported, also when no request has it. */
  dimensions: readonly string[];
}

/** What every job works with. Nothing in it is global: tests hand in stores that count, fail or stop. */
export interface LedgerContext {
  lake: ObjectStore;
  /** Where the write-once copies are; the lake itself unless configured. */
  archive: ObjectStore;
  /** How copies are kept, signed and purged. */
  archiving: Archiving;
  sources: readonly ExportSource[];
  /** How records of a gateway's export of that time are normalised; what is dated goes by the time of each record. */
  rulesAt: (instance: string, exportTime: Date) => NormalisingRules;
  /** Who pays. */
  allocation: AllocationSettings;
  /** Throws `config_invalid` for those over teams that nobody knows: what does not ask for budgets goes on. */
  budgets: () => readonly Budget[];
  /** Who is told of what. */
  alerting: Alerting;
  /** What reports show besides. */
  report: ReportSettings;
  /** How requests without an estimate of the gateway are priced when their day is built. */
  pricingOf: PricingOf;
  /** The price list, and how each gateway says its models are priced. */
  prices: PriceSources;
  /** How an export becomes landing files: in this thread or in others. */
  land: LandExport;
  clock: () => Date;
  log: Logger;
  progress: Progress;
}

/** Told of steps as they are done; the command line draws them, a worker records them. */
export interface Progress {
  begin(what: string, steps: number): void;
  step(): void;
}
