import type { Comparison } from "./compared-days.ts";
import type { ChangeDriver } from "./drivers.ts";
import type { TrendMonth } from "../sections/trend.ts";
import type { CostChange } from "../sections/change.ts";
import type { MonthBudgets } from "../sections/budgets.ts";
import type { ChargeFigures } from "../sections/charges.ts";
import type { DayFigures } from "../sections/days.ts";
import type { InvoiceFigures } from "../sections/invoices.ts";
import type { TeamDetail } from "../sections/each-team/each-team.ts";
import type { PoolSpread } from "../sections/pools.ts";
import type { CountingDoubts } from "../sections/quality/counting-doubts.ts";
import type { FeedingExport } from "../sections/quality/feeding-exports.ts";
import type { CacheSaving } from "../sections/savings.ts";
import type { SessionFigures } from "../sections/sessions.ts";

/** What a report says besides who owes what: why it changed, where it went, what may be missing. */
export interface Insights {
  /** The part of the month before that the month is compared with; null where the ledger has no data for that month. */
  comparison: Comparison | null;
  /** The change from the month before, adjustments included; null where nothing is compared. */
  change: CostChange | null;
  /** The main drivers of the change. */
  drivers: readonly ChangeDriver[];
  /** The last twelve months including this one, in order. */
  trend: readonly TrendMonth[];
  /** One for each team of the report's `byTeam`, in its order. */
  teams: TeamDetail[];
  /** Budgets that are not in `teams`: of everything, of several teams, of something else. */
  budgets: Pick<MonthBudgets, "company" | "others">;
  /** Shared costs and how they were spread, in order of name. */
  pools: PoolSpread[];
  /** What providers charge for besides requests, in the order of the configuration. Absent where there is nothing. */
  charges?: ChargeFigures[] | undefined;
  /** The bills that the month was compared with, ordered by provider. Absent where there are none. */
  invoices?: InvoiceFigures[] | undefined;
  /** Each day of the month, in order. */
  days: DayFigures[];
  /** What cached tokens saved, largest first; without models that have no list price. */
  cacheSavings: CacheSaving[];
  /** How many models have cached tokens and no list price. */
  modelsWithoutPrice: number;
  /** Most expensive first. */
  topSessions: SessionFigures[];
  /** Exports that were made more than two days after what they hold, in order of instance and name. */
  late: FeedingExport[];
  /** Requests whose answer broke off: tokens in, none out. */
  partialRequests: bigint;
  /** Absent where nothing was priced by a list. */
  countingDoubts?: CountingDoubts | undefined;
}

/** For a month without usage. */
export const NO_INSIGHTS: Insights = {
  comparison: null, change: null, drivers: [], trend: [], teams: [], budgets: { company: [], others: [] }, pools: [], days: [], cacheSavings: [], modelsWithoutPrice: 0, topSessions: [], late: [], partialRequests: 0n,
};
