import { recordOf } from "../../ledger/record-of.ts";
import { NO_TOKENS, type TokenCounts } from "../../ledger/usage/token-counts.ts";
import { TERMS } from "../../ledger/usage/terms.ts";
import { ADDED_TOKENS, TOKEN_COLUMNS } from "../../ledger/usage/usage-columns.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";
import { writeToolCalls, writeUnknownCounts } from "./written-counts.ts";

type Texts = string[];
type NullableTexts = (string | null)[];

/** The origin of a record. */
export interface Origin {
  /** Time of the export in microseconds since 1970: of duplicates, the one from the last export counts. */
  exportTime: number;
  /** 0; for an export that was replaced at its source, the replacements are 1, 2, …, and the latest counts. */
  exportVersion: number;
}

/** Values of a row group, column by column, as landing files store them. */
export class LandedColumns {
  readonly values = {
    ts: [] as number[],
    instance: [] as Texts,
    record_id: [] as (bigint | null)[],
    capture_id: [] as NullableTexts,
    session_id: [] as NullableTexts,
    node_id: [] as NullableTexts,
    caller: [] as Texts,
    caller_type: [] as Texts,
    tags: [] as Texts,
    agent: [] as NullableTexts,
    user_agent: [] as NullableTexts,
    provider: [] as Texts,
    model: [] as Texts,
    model_recorded: [] as Texts,
    api_type: [] as NullableTexts,
    path: [] as NullableTexts,
    status_code: [] as number[],
    duration_ms: [] as (number | null)[],
    ...recordOf(TOKEN_COLUMNS, ({ name }) => name, (): number[] => []),
    cost_usd: [] as (bigint | null)[],
    cost_source: [] as Texts,
    cost_basis: [] as NullableTexts,
    price_version: [] as NullableTexts,
    billing: [] as Texts,
    billing_assumed: [] as boolean[],
    tool_calls: [] as number[],
    dimensions: [] as Texts,
    partial: [] as boolean[],
    export: [] as Texts,
    export_time: [] as number[],
    export_version: [] as number[],
    position: [] as number[],
    ...recordOf(TERMS, (term) => term, (): NullableTexts => []),
    tools: [] as NullableTexts,
    unknown_counts: [] as NullableTexts,
    large_counts: [] as NullableTexts,
  };
  readonly #tokens = TOKEN_COLUMNS.map(({ name, property }) => ({ property, counts: this.values[name] }));
  /** JSON of lists and maps that records share. */
  readonly #json = new WeakMap<object, string>();

  /** One statement a column, which takes a quarter of the time of a loop; the tokens' loop is measured to take 1 % of an ingest. */
  put(at: number, usage: UsageRecord, origin: Origin, position: number): void {
    const { values } = this;
    values.ts[at] = usage.ts;
    values.instance[at] = usage.instance;
    values.record_id[at] = usage.recordId;
    values.capture_id[at] = usage.captureId;
    values.session_id[at] = usage.sessionId;
    values.node_id[at] = usage.nodeId;
    values.caller[at] = usage.caller;
    values.caller_type[at] = usage.callerType;
    values.tags[at] = this.#jsonOf(usage.tags);
    values.agent[at] = usage.agent;
    values.user_agent[at] = usage.userAgent;
    values.provider[at] = usage.provider;
    values.model[at] = usage.model;
    values.model_recorded[at] = usage.modelRecorded;
    values.api_type[at] = usage.apiType;
    values.path[at] = usage.path;
    values.status_code[at] = usage.statusCode;
    values.cost_usd[at] = usage.cost;
    values.cost_source[at] = usage.costSource;
    values.cost_basis[at] = usage.costBasis;
    values.price_version[at] = usage.priceVersion;
    values.billing[at] = usage.billing;
    values.billing_assumed[at] = usage.billingAssumed;
    values.tool_calls[at] = usage.toolCalls;
    values.dimensions[at] = this.#jsonOf(usage.dimensions);
    values.partial[at] = usage.partial;
    values.export[at] = usage.export;
    values.export_time[at] = origin.exportTime;
    values.export_version[at] = origin.exportVersion;
    values.service_tier[at] = usage.terms.service_tier;
    values.speed[at] = usage.terms.speed;
    values.inference_geo[at] = usage.terms.inference_geo;
    values.tools[at] = usage.tools.length === 0 ? null : writeToolCalls(usage.tools);
    values.unknown_counts[at] = usage.unknownCounts.size === 0 ? null : writeUnknownCounts(usage.unknownCounts);
    const areSmall = isSmall(usage.durationMs ?? 0) && isSmall(position) && this.#putTokens(at, usage.tokens);
    values.duration_ms[at] = areSmall ? usage.durationMs : null;
    values.position[at] = areSmall ? position : 0;
    values.large_counts[at] = areSmall ? null : largeCounts(usage, position);
    if (!areSmall) this.#putTokens(at, NO_TOKENS);
  }

  /** Returns false, and has to be called again with small ones, where one exceeds 32 bits. One loop: this runs for every record. */
  #putTokens(at: number, tokens: TokenCounts): boolean {
    for (const { property, counts } of this.#tokens) {
      const count = tokens[property];
      if (!isSmall(count)) return false;
      counts[at] = count;
    }
    return true;
  }

  #jsonOf(shared: object): string {
    let json = this.#json.get(shared);
    if (json === undefined) this.#json.set(shared, (json = JSON.stringify(shared)));
    return json;
  }

  /** Drops everything after the first rows. */
  cut(rows: number): void {
    for (const column of Object.values(this.values)) column.length = rows;
  }
}

function isSmall(count: number): boolean {
  return count === (count | 0);
}

/**
 * Places of the counts in `large_counts`, which has all counts of a record where one of them exceeds 32 bits. A count that was added
 * later comes last, so that earlier landing files keep their meaning.
 */
export const LARGE_COUNTS = [
  "duration_ms", ...TOKEN_COLUMNS.map(({ name }) => name).filter((name) => !ADDED_TOKENS.includes(name)), "position", ...ADDED_TOKENS,
] as const;

function largeCounts({ durationMs, tokens }: UsageRecord, position: number): string {
  const counts = new Map<string, number | null>(TOKEN_COLUMNS.map(({ name, property }) => [name, tokens[property]]));
  counts.set("duration_ms", durationMs).set("position", position);
  return JSON.stringify(LARGE_COUNTS.map((name) => counts.get(name)));
}
