import type { TokenCounts, UsageRecord } from "../../ledger/usage/usage-record.ts";
import { writeUnknownCounts } from "./written-counts.ts";

type Texts = string[];
type NullableTexts = (string | null)[];

/** Where a record comes from. */
export interface Origin {
  /** Microseconds since 1970 of the export: of duplicates the one from the last export wins. */
  exportTime: number;
  /** 0; of an export that was replaced at its source the replacements are 1, 2, …, and the later one wins. */
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
    input_tokens: [] as number[],
    output_tokens: [] as number[],
    cached_tokens: [] as number[],
    cache_write_tokens: [] as number[],
    cache_write_5m_tokens: [] as number[],
    cache_write_1h_tokens: [] as number[],
    reasoning_tokens: [] as number[],
    image_input_tokens: [] as number[],
    image_output_tokens: [] as number[],
    web_searches: [] as number[],
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
    unknown_counts: [] as NullableTexts,
    large_counts: [] as NullableTexts,
  };
  /** Of lists and maps, which records share. */
  readonly #json = new WeakMap<object, string>();

  /** One statement a column: each then writes to a known place, which takes a quarter of the time of a loop. */
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
    values.unknown_counts[at] = usage.unknownCounts.size === 0 ? null : writeUnknownCounts(usage.unknownCounts);
    const areSmall = areAllSmall(usage.tokens) && isSmall(usage.durationMs ?? 0) && isSmall(position);
    values.large_counts[at] = areSmall ? null : largeCounts(usage, position);
    this.#putCounts(at, areSmall ? usage.tokens : NO_TOKENS, areSmall ? usage.durationMs : null, areSmall ? position : 0);
  }

  #putCounts(at: number, tokens: TokenCounts, durationMs: number | null, position: number): void {
    const { values } = this;
    values.duration_ms[at] = durationMs;
    values.input_tokens[at] = tokens.inputTokens;
    values.output_tokens[at] = tokens.outputTokens;
    values.cached_tokens[at] = tokens.cachedTokens;
    values.cache_write_tokens[at] = tokens.cacheWriteTokens;
    values.cache_write_5m_tokens[at] = tokens.cacheWrite5mTokens;
    values.cache_write_1h_tokens[at] = tokens.cacheWrite1hTokens;
    values.reasoning_tokens[at] = tokens.reasoningTokens;
    values.image_input_tokens[at] = tokens.imageInputTokens;
    values.image_output_tokens[at] = tokens.imageOutputTokens;
    values.web_searches[at] = tokens.webSearches;
    values.position[at] = position;
  }

  #jsonOf(shared: object): string {
    let json = this.#json.get(shared);
    if (json === undefined) this.#json.set(shared, (json = JSON.stringify(shared)));
    return json;
  }

  /** Forgets what is behind the first rows. */
  cut(rows: number): void {
    for (const column of Object.values(this.values)) column.length = rows;
  }
}

const NO_TOKENS: TokenCounts = {
  inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0,
  reasoningTokens: 0, imageInputTokens: 0, imageOutputTokens: 0, webSearches: 0,
};

function isSmall(count: number): boolean {
  return count === (count | 0);
}

function areAllSmall(tokens: TokenCounts): boolean {
  return (
    isSmall(tokens.inputTokens) && isSmall(tokens.outputTokens) && isSmall(tokens.cachedTokens) &&
    isSmall(tokens.cacheWriteTokens) && isSmall(tokens.cacheWrite5mTokens) && isSmall(tokens.cacheWrite1hTokens) &&
    isSmall(tokens.reasoningTokens) && isSmall(tokens.imageInputTokens) && isSmall(tokens.imageOutputTokens) && isSmall(tokens.webSearches)
  );
}

/** All counts of a record of which one is beyond 32 bits, in the order of `COUNT_COLUMNS`. */
function largeCounts({ durationMs, tokens }: UsageRecord, position: number): string {
  return JSON.stringify([
    durationMs, tokens.inputTokens, tokens.outputTokens, tokens.cachedTokens, tokens.cacheWriteTokens, tokens.cacheWrite5mTokens,
    tokens.cacheWrite1hTokens, tokens.reasoningTokens, tokens.imageInputTokens, tokens.imageOutputTokens, tokens.webSearches, position,
  ]);
}
