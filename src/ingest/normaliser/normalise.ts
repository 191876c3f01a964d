import { identifyAgent } from "./agent.ts";
import { answerlessIdentifier } from "./answerless.ts";
import type { BillingRule } from "./billing.ts";
import { callerIdentifier } from "../../ledger/names/caller.ts";
import { eraser, type Erasures } from "../../ledger/names/erasure.ts";
import type { ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { parseModelName } from "../../ledger/names/model-name.ts";
import { providerIdentifier } from "./provider.ts";
import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { remember } from "../../ledger/names/remember.ts";
import { patternTaker } from "../../ledger/text/pattern-taker.ts";
import type { TokenCounts } from "../../ledger/usage/token-counts.ts";
import type { UsageRecord } from "../../ledger/usage/usage-record.ts";

/** Increase it whenever the same recorded request would become a different usage record: every export is then read again. */
export const NORMALISER_VERSION = 2;

const USER_AGENT = "user-agent";

/** A request header, compared without case; with a pattern, only what the pattern finds in its value is kept. */
export type DimensionSource = string | { header: string; pattern: string };

/** Dimensions by name. */
export type DimensionHeaders = ReadonlyMap<string, DimensionSource>;

export interface NormalisingRules {
  /** Name of the gateway. */
  instance: string;
  /** Providers of the gateway's configuration: each request is normalised with those in force at its time. */
  gateway: ProviderHistory;
  /** Configured rules for who pays, where the capture of a request does not show it. */
  billing?: readonly BillingRule[];
  dimensions: DimensionHeaders;
  /** Erased logins with their pseudonyms. Not part of the rules' digest: each export's manifest records its erasures. */
  erased?: Erasures;
}

/** Request headers that the normaliser reads, in lower case. */
export function headersWanted(dimensions: DimensionHeaders): string[] {
  return [USER_AGENT, ...[...dimensions.values()].map(headerOf)];
}

/** Turns a recorded request into a usage record (design, section 3). */
export type Normalise = (request: RecordedRequest) => UsageRecord;

/**
 * Normalises the requests of one export. Values that depend only on a model, a login or a client are calculated once for
 * each; the usage records share them.
 * @param exportName last part of the export object's key.
 */
export function normaliser(exportName: string, rules: NormalisingRules): Normalise {
  const readModel = remember(parseModelName);
  const readAgent = remember(identifyAgent);
  const readCaller = callerIdentifier();
  const readProvider = providerIdentifier(rules.gateway, rules.billing);
  const readAnswerless = answerlessIdentifier();
  const readDimensions = dimensionReader(rules.dimensions);
  const erase = rules.erased === undefined ? undefined : eraser(rules.erased);
  return (recorded) => {
    const request = erase === undefined ? recorded : erase(recorded);
    const { prefix, model } = readModel(request.model);
    const userAgent = request.headers[USER_AGENT] ?? null;
    const { caller, callerType, tags } = readCaller(request.login, request.tags);
    const { provider, billing, billingAssumed } = readProvider(request, prefix);
    const answerless = readAnswerless(request, model);
    return {
      ts: request.ts,
      instance: rules.instance,
      recordId: request.id,
      captureId: request.captureId,
      sessionId: request.sessionId,
      nodeId: request.nodeId,
      caller,
      callerType,
      tags,
      agent: userAgent === null ? null : readAgent(userAgent),
      userAgent,
      provider,
      billing,
      billingAssumed,
      model,
      modelRecorded: request.model,
      apiType: request.apiType,
      path: request.path,
      statusCode: request.statusCode,
      durationMs: request.durationMs,
      tokens: request.usage,
      unknownCounts: request.unknownCounts,
      ...costOf(request, answerless === "counting"),
      costBasis: request.costBasis,
      toolCalls: request.toolCalls,
      dimensions: readDimensions(request.headers),
      partial: answerless === null && isPartial(request.usage, request.statusCode),
      export: exportName,
      terms: request.terms,
      tools: request.tools,
    };
  };
}

function headerOf(source: DimensionSource): string {
  return (typeof source === "string" ? source : source.header).toLowerCase();
}

type Dimensions = UsageRecord["dimensions"];

const NO_DIMENSIONS: Dimensions = {};

function dimensionReader(wanted: DimensionHeaders): (headers: RecordedRequest["headers"]) => Dimensions {
  const headerNames = [...wanted].map(([name, source]) => ({ name, header: headerOf(source), take: typeof source === "string" ? undefined : remember(patternTaker(source.pattern)) }));
  const byName = headerNames.sort((a, b) => (a.name < b.name ? -1 : 1));
  const equal = remember((): { dimensions?: Dimensions } => ({}));
  return (headers) => {
    let found: [string, string][] | undefined;
    for (const { name, header, take } of byName) {
      const sent = Object.hasOwn(headers, header) ? headers[header] : undefined;
      const value = sent !== undefined && take !== undefined ? take(sent) : sent;
      if (value) (found ??= []).push([name, value]);
    }
    return found === undefined ? NO_DIMENSIONS : (equal(JSON.stringify(found)).dimensions ??= Object.fromEntries(found));
  };
}

/** `price_version` of a request that counts the tokens of a text: every provider does that for free. */
const FREE_COUNTING = "free: counts tokens";

/** Keeps the gateway's own estimate. A counting request with an answer did something else; an unknown count may be such an answer. */
function costOf({ cost, usage, unknownCounts }: RecordedRequest, isCounting: boolean): Pick<UsageRecord, "cost" | "costSource" | "priceVersion"> {
  if (cost !== null) return { cost, costSource: "aperture", priceVersion: null };
  const hasAnswer = unknownCounts.size > 0 || usage.outputTokens + usage.reasoningTokens + usage.imageOutputTokens + usage.webSearches > 0;
  if (!isCounting || hasAnswer || tokensIn(usage) === 0) return { cost: null, costSource: "none", priceVersion: null };
  return { cost: 0n, costSource: "price_list", priceVersion: FREE_COUNTING };
}

/** Tokens in, none out, and status 200: the stream broke off before the provider counted its output. */
function isPartial(usage: TokenCounts, statusCode: number): boolean {
  return statusCode === 200 && tokensIn(usage) > 0 && usage.outputTokens === 0 && usage.imageOutputTokens === 0;
}

function tokensIn({ inputTokens, cachedTokens, cacheWriteTokens, imageInputTokens }: TokenCounts): number {
  return inputTokens + cachedTokens + cacheWriteTokens + imageInputTokens;
}
