import pMap from "p-map";
import { DAY_MS } from "../../ledger/durations.ts";
import { readAlert } from "../../lake/records/alert-record.ts";
import { noteWatchedSince, readWatchedSince } from "../../lake/records/watched-budgets.ts";
import type { Budget } from "../budgets/budget.ts";
import { digestBudget } from "../budgets/digest-budget.ts";
import { endedEvaluations, type Evaluation } from "../budgets/evaluations.ts";
import type { LimitState } from "../budgets/limit-state.ts";
import type { ObjectStore } from "../../storage/object-store.ts";

/** For a new or changed budget, periods that ended at most this many days ago are evaluated. */
const FIRST_LOOK_MILLISECONDS = 3 * DAY_MS;
const AT_ONCE = 8;

export interface EndedNow {
  now: Date;
  /** End of the built days. */
  asOf: Date;
  /** Whether to note budgets that are evaluated for the first time: a command that only shows them writes nothing. */
  note: boolean;
}

/**
 * The ended periods in which budgets are still evaluated. The note about a budget is written before any alert is sent: if a worker crashes
 * after that, the next one evaluates the same periods.
 */
export async function findEnded(lake: ObjectStore, budgets: readonly Budget[], { now, asOf, note }: EndedNow): Promise<Evaluation[]> {
  const evaluations = await pMap(budgets, async (budget) => endedEvaluations(budget, await watchedSince(lake, budget, now, note), now, asOf), { concurrency: AT_ONCE });
  return evaluations.flat();
}

/** A clock that was ahead when the note was written must not suppress alerts. */
async function watchedSince(lake: ObjectStore, budget: Budget, now: Date, note: boolean): Promise<Date> {
  const watched = { name: budget.name, definition: digestBudget(budget) };
  const first = new Date(now.getTime() - FIRST_LOOK_MILLISECONDS);
  const noted = await readWatchedSince(lake, watched);
  if (noted === undefined && note) await noteWatchedSince(lake, watched, first);
  return noted === undefined || noted > first ? first : noted;
}

/** The ended periods with a threshold whose alert was not sent before the end. */
export async function findToldLate(lake: ObjectStore, states: readonly LimitState[]): Promise<LimitState[]> {
  const isLate = async (state: LimitState): Promise<boolean> => {
    const { name: limit, period, reached, ended } = state;
    const records = await Promise.all(reached.map((threshold) => readAlert(lake, { limit, period: period.name, threshold: String(threshold) })));
    return ended !== null && records.some((record) => record === undefined || new Date(record.raised_at) >= ended);
  };
  const late = await pMap(states, isLate, { concurrency: AT_ONCE });
  return states.filter((_, index) => late[index] === true);
}
