import type { Nanodollars } from "../../ledger/money.ts";
import type { Billing, CallerType } from "../../ledger/usage/usage-record.ts";
import type { AllocatedFigures, AllocatedSummary } from "../report/allocation-figures.ts";
import type { CountingDoubts } from "../report/counting-quality.ts";
import type { FeedingExport } from "../report/data-quality.ts";
import type { DimensionKey } from "../report/summarise-allocations.ts";

/** What a report says besides who owes what: why it changed, where it went, what it may lack. */
export interface Insights {
  /** Against the month before; null where the ledger has nothing of that month. What adjustments change is in it. */
  change: Change | null;
  /** One for each team of the report's `byTeam`, in its order. */
  teams: TeamDetail[];
  /** Shared costs and how they were spread, in order of name. */
  pools: PoolSpread[];
  /** Each day of the month, in order. */
  days: DayFigures[];
  /** What cached tokens saved, most first; models without a list price are not among them. */
  cacheSavings: CacheSaving[];
  /** How many models have cached tokens and no list price. */
  modelsWithoutPrice: number;
  /** Those that cost most, first. */
  topSessions: SessionFigures[];
  /** Exports that came later than two days after what they hold, in order of instance and name. */
  late: FeedingExport[];
  /** Requests whose answer broke off: tokens in, none out. */
  partialRequests: bigint;
  /** Absent where nothing was priced by a list. */
  countingDoubts?: CountingDoubts | undefined;
}

/** Of a month without any usage: nothing to compare and nothing to draw. */
export const NO_INSIGHTS: Insights = {
  change: null, teams: [], pools: [], days: [], cacheSavings: [], modelsWithoutPrice: 0, topSessions: [], late: [], partialRequests: 0n,
};

/** Of what is owed. `price + volume + mix` is exactly `now - before`. */
export interface Change {
  /** `YYYY-MM` of the month before. */
  month: string;
  before: Nanodollars;
  now: Nanodollars;
  /** The same tokens of the same models cost more or less. */
  price: Nanodollars;
  /** More or fewer tokens, at the average cost of the month before. */
  volume: Nanodollars;
  /** Tokens went to dearer or cheaper models; new and vanished models are in it. */
  mix: Nanodollars;
}

export interface TeamDetail {
  team: string;
  costCenter: string | null;
  figures: AllocatedFigures;
  /** Of the team by its name, whatever its cost centres. */
  change: Change | null;
  /** Of the team's own budgets: those that no other team is in. */
  budgets: BudgetFigures[];
  byCaller: AllocatedSummary<{ caller: string; callerType: CallerType }>;
  byTag: AllocatedSummary<{ tag: string }>;
  byDimension: { name: string; rows: AllocatedSummary<DimensionKey> }[];
  byModel: AllocatedSummary<{ provider: string; model: string }>;
  /** Null where requests did not say. */
  byAgent: AllocatedSummary<{ agent: string | null }>;
  /** People, not devices, with at least one request that the team pays for. */
  activePersons: number;
  /** What is owed by active person; null without any. */
  perActivePerson: Nanodollars | null;
  /** Distinct ones with a request that the team pays a part of. */
  sessions: number;
  /** What is owed for requests of sessions by session; null without any. */
  perSession: Nanodollars | null;
  topSessions: SessionFigures[];
  days: DayFigures[];
}

export interface BudgetFigures {
  name: string;
  scope: string;
  /** `2026-10`, as the budget's period is called. */
  period: string;
  amount: Nanodollars;
  spent: Nanodollars;
  /** Of the amount, one decimal. */
  percent: number;
  /** For the whole period; what was spent where it is over; null where there is nothing to go by. */
  forecast: Nanodollars | null;
}

export interface PoolSpread {
  pool: string;
  /** What was spread, owed and list value alike. */
  cost: Nanodollars;
  /** Largest first. */
  shares: { team: string; cost: Nanodollars; /** How it was reckoned, in words. */ base: string }[];
}

export interface DayFigures {
  /** `YYYY-MM-DD` in the month's time zone. */
  date: string;
  /** Before adjustments: days add up to the usage. */
  billing: Record<Billing, Nanodollars>;
  /** In billionths, as in all allocations. */
  requests: bigint;
}

export interface CacheSaving {
  provider: string;
  model: string;
  cachedTokens: bigint;
  /**
   * What they would have cost as ordinary input less what they cost, at list price. What writing the cache costs beyond
   * ordinary input is taken off: it is the price of the saving. Negative where more was written than was read.
   */
  saved: Nanodollars;
  /** Of the requests: what callers pay themselves is nobody's money. */
  billing: Billing;
}

export interface SessionFigures {
  /** As recorded. */
  session: string;
  instance: string;
  /** Of several callers or agents the first by name. */
  caller: string;
  agent: string | null;
  from: Date;
  to: Date;
  /** Whole ones, also where others pay a part of them. */
  requests: bigint;
  /** The part of whoever is looked at, after adjustments. */
  owed: Nanodollars;
  listValue: Nanodollars;
}
