import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Nanodollars } from "../../ledger/money.ts";
import { COST_NANODOLLARS, sqlWithin } from "../../ledger/sql/sql-values.ts";
import { mapTerms, type Term, TERMS, type Terms } from "../../ledger/usage/terms.ts";
import { ANY_COUNT, TOKEN_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import { ESTIMATED } from "./estimate-sums.ts";

/** Requests with equal counts and terms that the gateway estimated at the same amount. */
export interface EqualEstimates {
  cost: Nanodollars;
  terms: Terms;
  requests: bigint;
  first: Date;
  last: Date;
}

/** The terms that differ wherever estimates of equal counts differ. Empty if terms do not explain all differences. */
type Reasons = readonly Term[];

/** Estimates of one model that contradict each other although all counts are equal, with one reason. */
export interface Contradiction {
  provider: string;
  /** As recorded. */
  model: string;
  reasons: Reasons;
  /** Combinations of counts whose estimates differ, and the requests that have them. */
  combinations: number;
  requests: bigint;
  /** The combination with the largest difference, its estimates from the lowest on. */
  example: { counts: ReadonlyMap<string, bigint>; estimates: readonly EqualEstimates[] };
}

const TABLE = "equal_estimates";
const COUNTS = TOKEN_COLUMNS.map(({ name }) => name);
/** Everything that an estimate depends on, except the terms. */
const SAME = ["provider", "model_recorded", "cost_basis", ...COUNTS];
const EQUAL = `(PARTITION BY ${SAME.join(", ")})`;
const DIFFERING = [...TERMS, "cost"];
/** The gateway's floats differ by less than a nanodollar, and each is rounded. */
const ROUNDING = 1;

const row = z.object({
  provider: z.string(),
  model_recorded: z.string(),
  cost_basis: z.string().nullable(),
  counts: z.array(z.bigint()),
  ...mapTerms(() => z.string().nullable()),
  cost: z.bigint(),
  requests: z.bigint(),
  first: z.bigint(),
  last: z.bigint(),
});
type Row = z.infer<typeof row>;

/** Collects the gateway's estimates table by table, and finds those that contradict each other. */
export class EstimateComparison {
  readonly #duck: DuckDBConnection;

  private constructor(duck: DuckDBConnection) {
    this.#duck = duck;
  }

  static async open(duck: DuckDBConnection): Promise<EstimateComparison> {
    await duck.run(`CREATE OR REPLACE TEMP TABLE ${TABLE} (provider VARCHAR, model_recorded VARCHAR, cost_basis VARCHAR, ${COUNTS.map((name) => `${name} BIGINT`).join(", ")},
      ${TERMS.map((term) => `${term} VARCHAR`).join(", ")}, cost HUGEINT, requests HUGEINT, first BIGINT, last BIGINT)`);
    return new EstimateComparison(duck);
  }

  /** @param rows SQL of usage rows; those between `from` and `to` (milliseconds since 1970) count. */
  async add({ rows, from, to }: { rows: string; from: number; to: number }): Promise<void> {
    await this.#duck.run(`INSERT INTO ${TABLE} SELECT ${SAME.join(", ")}, ${TERMS.join(", ")}, ${COST_NANODOLLARS} AS cost, count(*), min(epoch_ms(ts)), max(epoch_ms(ts))
      FROM ${rows} WHERE ${ESTIMATED} AND ${ANY_COUNT} AND ${sqlWithin("ts", { from, to })} GROUP BY ALL`);
  }

  /** In order of provider, model and reasons. */
  async list(): Promise<Contradiction[]> {
    const found = await this.#duck.stream(`
      SELECT provider, model_recorded, cost_basis, [${COUNTS.join(", ")}] AS counts, ${DIFFERING.join(", ")}, sum(requests)::HUGEINT AS requests, min(first) AS first, max(last) AS last
      FROM ${TABLE} GROUP BY ${[...SAME, ...DIFFERING].join(", ")}
      QUALIFY max(cost) OVER ${EQUAL} - min(cost) OVER ${EQUAL} > ${String(ROUNDING)}
      ORDER BY provider, model_recorded, cost_basis NULLS FIRST, counts, cost, ${TERMS.map((term) => `${term} NULLS FIRST`).join(", ")}`);
    const sums = new Map<string, Contradiction>();
    let open: Row[] = [];
    for await (const rows of found.yieldRowObjectJs()) {
      for (const one of z.array(row).parse(rows)) {
        if (open[0] !== undefined && idOf(open[0]) !== idOf(one)) open = closeGroup(sums, open);
        open.push(one);
      }
    }
    closeGroup(sums, open);
    return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }
}

function idOf({ provider, model_recorded, cost_basis, counts }: Row): string {
  return JSON.stringify([provider, model_recorded, cost_basis, counts.map(String)]);
}

/** Adds the group to the sums; returns the next, empty one. */
function closeGroup(sums: Map<string, Contradiction>, group: readonly Row[]): Row[] {
  const [first] = group;
  if (first === undefined) return [];
  const { provider, model_recorded: model, counts } = first;
  const estimates = group.map(({ cost, requests, first: from, last, service_tier, speed, inference_geo }): EqualEstimates => ({
    cost, requests, terms: { service_tier, speed, inference_geo }, first: new Date(Number(from)), last: new Date(Number(last)),
  }));
  const reasons = findReasons(estimates);
  const key = JSON.stringify([provider, model, reasons]);
  const example = { counts: new Map(COUNTS.flatMap((name, place) => (counts[place] ? [[name, counts[place]] as const] : []))), estimates };
  const known = sums.get(key) ?? { provider, model, reasons, combinations: 0, requests: 0n, example };
  sums.set(key, {
    ...known,
    combinations: known.combinations + 1,
    requests: known.requests + estimates.reduce((sum, { requests }) => sum + requests, 0n),
    example: spread(example) > spread(known.example) ? example : known.example,
  });
  return [];
}

function spread({ estimates }: Contradiction["example"]): Nanodollars {
  return (estimates.at(-1)?.cost ?? 0n) - (estimates[0]?.cost ?? 0n);
}

/** A term explains a pair of amounts if both requests have it and it differs. It must explain every pair. A term that was not captured explains nothing. */
function findReasons(estimates: readonly EqualEstimates[]): Reasons {
  const reasons = new Set<Term>();
  for (const [index, a] of estimates.entries()) {
    for (const b of estimates.slice(index + 1)) {
      if (b.cost - a.cost <= BigInt(ROUNDING)) continue;
      const terms = TERMS.filter((term) => a.terms[term] !== null && b.terms[term] !== null && a.terms[term] !== b.terms[term]);
      if (terms.length === 0) return [];
      for (const term of terms) reasons.add(term);
    }
  }
  return TERMS.filter((term) => reasons.has(term));
}
