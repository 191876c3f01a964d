import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { plainKeyColumns } from "../../ledger/usage/usage-key.ts";
import { ACCESS_CLASSES, type AccessAttempt, type AccessUse } from "./access-use.ts";

export interface CollectedUses {
  /** Uses in the span. */
  used: AccessUse[];
  /** Uses in the whole examined period, which includes the span. */
  attempts: AccessAttempt[];
}

const KEY = ["instance", "caller", "caller_type", "tags", "provider", "model", "status_class"];
const RECORDED = String.raw`regexp_replace(model_recorded, '^\s+|\s+$', '', 'g')`;

const row = z
  .object(plainKeyColumns)
  .omit({ billing: true })
  .extend({
    status_class: z.enum(ACCESS_CLASSES),
    requests: z.bigint(),
    first_in_span: z.bigint().nullable(),
    last_in_span: z.bigint().nullable(),
    last: z.bigint(),
  })
  .transform(({ caller_type, status_class, requests, first_in_span, last_in_span, last, ...key }) => {
    const attempt: AccessAttempt = { ...key, callerType: caller_type, statusClass: status_class, last: toDate(last) };
    if (first_in_span === null || last_in_span === null) return { attempt };
    return { attempt, use: { ...attempt, requests: Number(requests), first: toDate(first_in_span), last: toDate(last_in_span) } };
  });

/** Collects uses from one `usage` file after another. Memory grows with callers and models, not with requests. */
export class UseCollector {
  readonly #duck: DuckDBConnection;
  readonly #statusClass: string;
  readonly #inSpan: string;

  private constructor(duck: DuckDBConnection, statusClass: string, inSpan: string) {
    this.#duck = duck;
    this.#statusClass = statusClass;
    this.#inSpan = inSpan;
  }

  /** @param statusClass SQL that maps `status_code` to its class. */
  static async open(duck: DuckDBConnection, statusClass: string, { from, to }: { from: Date; to: Date }): Promise<UseCollector> {
    await duck.run(`CREATE OR REPLACE TEMP TABLE access_use (
      instance VARCHAR, caller VARCHAR, caller_type VARCHAR, tags VARCHAR[], provider VARCHAR, model VARCHAR, status_class VARCHAR,
      in_span BOOLEAN, requests BIGINT, first BIGINT, last BIGINT)`);
    const micros = [from, to].map((date) => String(BigInt(date.getTime()) * 1000n));
    return new UseCollector(duck, statusClass, `epoch_us(ts) >= ${micros[0]} AND epoch_us(ts) < ${micros[1]}`);
  }

  async look(file: string): Promise<void> {
    await this.#duck.run(`INSERT INTO access_use
      SELECT instance, caller, caller_type, tags, provider,
        CASE WHEN starts_with(${RECORDED}, provider || '/') THEN substr(${RECORDED}, length(provider) + 2) ELSE ${RECORDED} END AS model,
        ${this.#statusClass} AS status_class, ${this.#inSpan} AS in_span,
        count(*), min(epoch_us(ts)), max(epoch_us(ts))
      FROM ${readParquet(file)} GROUP BY ALL`);
  }

  async list(): Promise<CollectedUses> {
    const result = await this.#duck.stream(`
      SELECT ${KEY.join(", ")}, coalesce(sum(requests) FILTER (in_span), 0)::BIGINT AS requests,
        min(first) FILTER (in_span) AS first_in_span, max(last) FILTER (in_span) AS last_in_span, max(last) AS last
      FROM access_use GROUP BY ALL ORDER BY ${KEY.join(", ")}`);
    const collected: CollectedUses = { used: [], attempts: [] };
    for await (const rows of result.yieldRowObjectJs()) {
      for (const { attempt, use } of z.array(row).parse(rows)) {
        collected.attempts.push(attempt);
        if (use !== undefined) collected.used.push(use);
      }
    }
    return collected;
  }
}

function toDate(micros: bigint): Date {
  return new Date(Number(micros / 1000n));
}
