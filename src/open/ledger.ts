import type { Logger } from "pino";
import type { AllocationSettings } from "../allocation/settings/settings.ts";
import type { Archiving } from "../archive/archiving.ts";
import type { DeliverySettings } from "../chargeback/delivering/delivery-settings.ts";
import type { HeadPlace } from "../archive/heads/head.ts";
import type { FocusSettings } from "../chargeback/focus/focus-settings.ts";
import type { JournalAccounts } from "../chargeback/closing/journal.ts";
import type { PrivacySettings } from "../chargeback/hiding/privacy.ts";
import type { TagCounting } from "../chargeback/report/count-tags.ts";
import type { HealthSettings } from "../health/conditions/health-settings.ts";
import type { LandExport } from "../ingest/land-export.ts";
import type { NormalisingRules } from "../ingest/normaliser/normalise.ts";
import type { PricingOf } from "../lake/days/day-pricing.ts";
import type { Alerting } from "../limits/delivering/alerting.ts";
import type { Budget } from "../limits/budgets/budget.ts";
import type { PriceSources } from "../prices/list/price-days.ts";
import type { BillFetching } from "../reconciliation/fetching/fetch-bills.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { ExchangeRate } from "../ledger/exchange-rate.ts";
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

/** The rules in the configuration, together with the answers of gateways and the tailnet policy. */
export interface Rules {
  /** How records of an export that a gateway wrote at that time are normalised; a dated rule applies by the time of each record. */
  normalisingAt: (instance: string, exportTime: Date) => NormalisingRules;
  /** Who pays. */
  allocation: AllocationSettings;
  /** Throws `config_invalid` for a budget over an unknown team. It is a function so that this error does not stop work without budgets. */
  budgets: () => readonly Budget[];
  report: ReportSettings;
  /** The settings for conditions of the ledger itself, and the targets of alerts about them. */
  health: HealthSettings;
}

export interface ReportSettings {
  tags: TagCounting;
  /** Names of the configured dimensions. Each is reported, even if no request has it. */
  dimensions: readonly string[];
  focus: FocusSettings;
  /** Undefined where the configuration does not name the company. */
  company: string | undefined;
  /** The person responsible for each team. */
  owners: ReadonlyMap<string, string>;
  journal: JournalAccounts;
  /** Undefined where amounts are shown in dollars alone. */
  secondCurrency: string | undefined;
  rates: readonly ExchangeRate[];
  /** Absent where reports name people. */
  privacy?: PrivacySettings;
  /** Whether the report of an open month includes the page of every team, because teams open them themselves. Absent: on request. */
  everyTeam?: true;
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
  /** Absent where no reports are sent. */
  delivering?: DeliverySettings | undefined;
  /** Other places that get the hash of each digest. Absent where there are none. */
  heads?: readonly HeadPlace[];
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
  /** How bills are fetched from providers. */
  fetching: BillFetching;
  clock: Clock;
}
