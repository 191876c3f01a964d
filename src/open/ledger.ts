import type { Logger } from "pino";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { Archiving } from "../archive/archiving.ts";
import type { FocusSettings } from "../chargeback/focus/focus-settings.ts";
import type { TagCounting } from "../chargeback/report/count-tags.ts";
import type { LandExport } from "../ingest/land-export.ts";
import type { NormalisingRules } from "../ingest/normaliser/normalise.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import type { Alerting } from "../limits/delivering/alerting.ts";
import type { Budget } from "../limits/budgets/budget.ts";
import type { PriceSources } from "../prices/list/price-days.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Clock } from "../ledger/clock.ts";

/** An open ledger: what a use case works with. Nothing in it is global, so tests pass stores that count, fail or stop. */
export interface Ledger {
  stores: Stores;
  rules: Rules;
  money: Money;
  telling: Telling;
  work: Work;
}

/** Where everything is kept. */
export interface Stores {
  lake: ObjectStore;
  /** Holds the write-once copies; it is the lake unless the configuration names another store. */
  archive: ObjectStore;
  sources: readonly ExportSource[];
}

export interface ExportSource {
  /** Name of the gateway. */
  instance: string;
  store: ObjectStore;
}

/** What the configuration decides, together with what gateways and the tailnet policy said. */
export interface Rules {
  /** How records of an export that a gateway wrote at that time are normalised; a dated rule applies by the time of each record. */
  normalisingAt: (instance: string, exportTime: Date) => NormalisingRules;
  /** Who pays. */
  allocation: AllocationSettings;
  /** Throws `config_invalid` for a budget over an unknown team. It is a function so that work without budgets goes on. */
  budgets: () => readonly Budget[];
  report: ReportSettings;
}

export interface ReportSettings {
  tags: TagCounting;
  /** Names of the configured dimensions. Each is reported, even if no request has it. */
  dimensions: readonly string[];
  focus: FocusSettings;
}

/** What requests cost. */
interface Money {
  /** The price list, and how each gateway says that its models are priced. */
  prices: PriceSources;
  /** How requests without an estimate of the gateway are priced when their day is built. */
  pricingOf: PricingOf;
}

/** Who hears what. */
export interface Telling {
  alerting: Alerting;
  log: Logger;
  progress: Progress;
}

/** Receives each step as it is done: the command line draws them, a worker records them. */
export interface Progress {
  begin(what: string, steps: number): void;
  step(): void;
}

/** What jobs and commands use to do their work: how copies are archived, how exports are landed, and the clock. */
export interface Work {
  /** How copies are kept, signed and purged. */
  archiving: Archiving;
  /** Turns an export into landing files, in this thread or in others. */
  land: LandExport;
  clock: Clock;
}
