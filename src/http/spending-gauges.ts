import type { Logger } from "pino";
import { Gauge, type Registry } from "prom-client";
import { MINUTE_MS } from "../ledger/durations.ts";
import type { Nanodollars } from "../ledger/money.ts";
import { OTHERS } from "../ledger/names/unassigned.ts";
import { messageOf } from "../ledger/errors.ts";
import type { Clock } from "../ledger/clock.ts";
import type { MonthToDate, Spending } from "../run/read-spending.ts";
import { keepReading, type Kept } from "./kept-reading.ts";

/** The figures change when days are built or months allocated, so this is often enough. */
const KEPT_MS = 5 * MINUTE_MS;
const WAIT_SECONDS = 5;

/** Teams with a series of their own, the ones that owe most; all others together are `(others)`. */
const MOST_TEAMS = 20;

const NOT_FOR_BOOKS = "for dashboards and not for books";

interface SpendingParts {
  /** Reads the spend of the ledger. */
  read: () => Promise<Spending>;
  clock: Clock;
  log?: Logger | undefined;
}

/** Gauges of budgets, of the month to date and of its teams, the same from every worker. If a reading fails, the last one is shown. */
export class SpendingGauges {
  readonly #used: Gauge<"budget">;
  readonly #limit: Gauge<"budget">;
  readonly #budgetForecast: Gauge<"budget">;
  readonly #month: Gauge;
  readonly #forecast: Gauge;
  readonly #unpriced: Gauge;
  readonly #teams: Gauge<"team">;
  readonly #failed: Gauge;
  readonly #spending: () => Promise<Kept<Spending> | undefined>;

  constructor(registry: Registry, { read, clock, log }: SpendingParts) {
    const registers = [registry];
    const ofBudget = (name: string, help: string): Gauge<"budget"> => new Gauge({ name: `aperture_ledger_budget_${name}_usd`, help, labelNames: ["budget"], registers });
    const ofMonth = (name: string, help: string): Gauge => new Gauge({ name: `aperture_ledger_month_${name}`, help, registers });
    this.#used = ofBudget("used", `US dollars that count towards a budget in its current period, by the built days: ${NOT_FOR_BOOKS}.`);
    this.#limit = ofBudget("limit", "The amount of a budget in force, in US dollars.");
    this.#budgetForecast = ofBudget("forecast", "Expected spend of a budget at the end of its current period, in US dollars; missing without usage to base it on.");
    this.#month = ofMonth("to_date_usd", `US dollars owed for the running month so far, by its allocations, adjustments and charges included: ${NOT_FOR_BOOKS}.`);
    this.#forecast = ofMonth("forecast_usd", "Expected US dollars owed for the whole running month; missing without usage to base it on.");
    this.#unpriced = ofMonth("unpriced_requests", "Requests of the running month so far with tokens and no price: no sum of dollars has them.");
    this.#teams = new Gauge({
      name: "aperture_ledger_team_month_to_date_usd",
      help: `US dollars that a team owes for the running month so far: the ${String(MOST_TEAMS)} teams that owe most, and all others together as ${OTHERS}.`,
      labelNames: ["team"],
      registers,
    });
    this.#failed = new Gauge({ name: "aperture_ledger_spending_read_failed", help: "1 if the last reading of budgets and of the month failed: their figures are then those of an earlier reading, or missing.", registers });
    this.#spending = keepReading(
      async () => {
        const spending = await read();
        this.#failed.set(0);
        return spending;
      },
      {
        keptMs: KEPT_MS,
        waitSeconds: WAIT_SECONDS,
        what: "the lake",
        clock,
        failed: (error) => {
          log?.warn({ reason: messageOf(error) }, "budgets and the month to date cannot be read");
          this.#failed.set(1);
        },
      },
    );
  }

  /** Waits a few seconds at most; a longer reading goes on in the background. */
  async refresh(): Promise<void> {
    const spending = (await this.#spending())?.value;
    for (const gauge of [this.#used, this.#limit, this.#budgetForecast, this.#teams]) gauge.reset();
    // A gauge without labels that is reset would show 0.
    for (const gauge of [this.#month, this.#forecast, this.#unpriced]) gauge.remove();
    for (const { name: budget, spent, amount, forecast } of spending?.budgets ?? []) {
      this.#used.set({ budget }, toDollars(spent));
      this.#limit.set({ budget }, toDollars(amount));
      if (forecast !== null) this.#budgetForecast.set({ budget }, toDollars(forecast.expected));
    }
    const month = spending?.month ?? null;
    if (month !== null) this.#showMonth(month);
  }

  #showMonth({ owed, teams, unpricedRequests, forecast }: MonthToDate): void {
    this.#month.set(toDollars(owed));
    this.#unpriced.set(unpricedRequests);
    if (forecast !== null) this.#forecast.set(toDollars(forecast.expected));
    for (const { team, owed: own } of teams.slice(0, MOST_TEAMS)) this.#teams.set({ team }, toDollars(own));
    const others = teams.slice(MOST_TEAMS);
    if (others.length > 0) this.#teams.set({ team: OTHERS }, toDollars(others.reduce((sum, { owed: own }) => sum + own, 0n)));
  }
}

/** Prometheus only knows floating-point numbers. */
function toDollars(amount: Nanodollars): number {
  return Number(amount) / 1e9;
}
