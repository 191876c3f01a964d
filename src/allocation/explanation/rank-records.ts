import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet, sqlText } from "../../ledger/sql/sql-texts.ts";
import { BILLIONTHS, divideRounding, type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { COST_NANODOLLARS, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { REQUEST_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { SELECT_USAGE_KEY, toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import { listPeriods, type Span } from "../settings/periods.ts";
import { type Part, type Plan, planner } from "../shares/plan.ts";
import type { DirectCosts } from "../shares/pools.ts";
import type { AllocationSettings } from "../settings/settings.ts";

/** A record that a team pays for, wholly or in part. */
export interface TeamRecord {
  usage: UsageKey;
  at: Date;
  captureId: string | null;
  recordId: bigint | null;
  export: string;
  cost: Nanodollars;
  /** The team's share of the record, in units of 1e-9. */
  share: bigint;
  /** The team's part of this record alone; in the sum of a quarter of an hour it may differ by a nanodollar. */
  part: Nanodollars;
}

const usageRow = z
  .object({
    ...usageKeyColumns,
    micros: z.bigint(),
    nanodollars: z.bigint(),
    capture_id: z.string().nullable(),
    record_id: z.bigint().nullable(),
    export: z.string(),
  })
  .transform(({ micros, nanodollars, capture_id, record_id, export: name, ...key }) => ({
    usage: toUsageKey(key),
    at: new Date(Number(micros / 1000n)),
    captureId: capture_id,
    recordId: record_id,
    export: name,
    cost: nanodollars,
  }));

/** A team's share of an expensive record may be small, so more records are collected than asked for. */
const LOOKED_AT = 20;

/** Collects the records for which a team pays most, from one `usage` file after another. */
export class RecordRanking {
  readonly #callers: readonly string[];
  readonly #team: string;
  readonly #most: number;
  readonly #direct: DirectCosts;
  readonly #planAt: (usage: UsageKey, at: Date) => Plan;
  #ranked: TeamRecord[] = [];

  /** @param direct direct costs of the month: the base of proportional pools. */
  constructor({ team, callers, most, direct }: { team: string; callers: readonly string[]; most: number; direct: DirectCosts }, settings: AllocationSettings, span: Span) {
    this.#team = team;
    this.#callers = callers;
    this.#most = most;
    this.#direct = direct;
    const periods = listPeriods(settings, span).map((period) => ({ from: period.from, plan: planner(period) }));
    this.#planAt = (usage, at) => {
      const period = periods.findLast(({ from }) => from <= at.getTime()) ?? periods[0];
      if (period === undefined) throw new RangeError("no period");
      return period.plan(usage);
    };
  }

  async look(duck: DuckDBConnection, file: string, { from, to }: Span): Promise<void> {
    if (this.#callers.length === 0) return;
    const result = await duck.runAndReadAll(`
      SELECT epoch_us(ts) AS micros, ${COST_NANODOLLARS} AS nanodollars, ${SELECT_USAGE_KEY}, capture_id, record_id, export
      FROM ${readParquet(file)}
      WHERE cost_usd > 0 AND caller IN (${this.#callers.map(sqlText).join(", ")})
        AND ${sqlWithin("ts", { from, to })}
      ORDER BY cost_usd DESC, ${REQUEST_COLUMNS.join(", ")} LIMIT ${String(this.#most * LOOKED_AT)}`);
    const found = z.array(usageRow).parse(result.getRowObjectsJS()).map((record): TeamRecord => {
      const share = this.#shareOf(record.usage, record.at);
      return { ...record, share, part: divideRounding(record.cost * share, BILLIONTHS) };
    });
    this.#ranked = [...this.#ranked, ...found.filter(({ share }) => share > 0n)].sort(byPart).slice(0, this.#most);
  }

  /** Largest part first. */
  get ranked(): readonly TeamRecord[] {
    return this.#ranked;
  }

  #shareOf(usage: UsageKey, at: Date): bigint {
    const { parts } = this.#planAt(usage, at);
    const shares = splitByLargestRemainder(BILLIONTHS, parts);
    return parts.reduce((sum, part, index) => sum + this.#shareOfPart(part, shares[index] ?? 0n), 0n);
  }

  #shareOfPart({ team, pool }: Part, share: bigint): bigint {
    const spread = (pool?.sharesGiven(this.#direct) ?? []).map((one) => ({ ...one, name: one.team }));
    if (spread.length === 0) return team === this.#team ? share : 0n;
    const shares = splitByLargestRemainder(share, spread);
    return spread.reduce((sum, one, index) => sum + (one.team === this.#team ? (shares[index] ?? 0n) : 0n), 0n);
  }
}

function byPart(a: TeamRecord, b: TeamRecord): number {
  return a.part === b.part ? a.at.getTime() - b.at.getTime() : a.part > b.part ? -1 : 1;
}
