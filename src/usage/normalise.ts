import { identifyAgent } from "./agent.ts";
import { identifyCaller } from "./caller.ts";
import type { GatewayProviders } from "./gateway-providers.ts";
import { parseModelName } from "./model-name.ts";
import { identifyProvider } from "./provider.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import type { TokenCounts, UsageRecord } from "./usage-record.ts";

/** Raised whenever the same recorded request would become another usage record: every export is then read anew. */
export const NORMALISER_VERSION = 1;

const USER_AGENT = "user-agent";

/** A dimension's name → the request header it is read from, in any case. */
export type DimensionHeaders = Readonly<Record<string, string>>;

export interface NormalisingRules {
  /** Name of the gateway. */
  instance: string;
  /** Providers of the gateway's configuration at the time; null when it is not known. */
  gateway: GatewayProviders | null;
  dimensions: DimensionHeaders;
}

/** Request headers that normalising reads, in lower case. */
export function headersWanted(dimensions: DimensionHeaders): string[] {
  return [USER_AGENT, ...Object.values(dimensions).map((header) => header.toLowerCase())];
}

/** What a recorded request means: design, section 3. `exportName` is the last part of the export object's key. */
export function normaliseRequest(request: RecordedRequest, exportName: string, rules: NormalisingRules): UsageRecord {
  const { prefix, model } = parseModelName(request.model);
  const userAgent = request.headers[USER_AGENT] ?? null;
  return {
    ts: request.ts,
    instance: rules.instance,
    recordId: request.id,
    captureId: request.captureId,
    sessionId: request.sessionId,
    nodeId: request.nodeId,
    ...identifyCaller(request.login, request.tags),
    agent: identifyAgent(userAgent),
    userAgent,
    ...identifyProvider(request, prefix, rules.gateway),
    model,
    modelRecorded: request.model,
    apiType: request.apiType,
    path: request.path,
    statusCode: request.statusCode,
    durationMs: request.durationMs,
    ...request.usage,
    cost: request.cost,
    costSource: request.cost === null ? "none" : "aperture",
    costBasis: request.costBasis,
    priceVersion: null,
    toolCalls: request.toolCalls,
    dimensions: readDimensions(request.headers, rules.dimensions),
    partial: isPartial(request.usage, request.statusCode),
    export: exportName,
  };
}

function readDimensions(headers: Readonly<Record<string, string>>, wanted: DimensionHeaders): Record<string, string> {
  const dimensions: Record<string, string> = {};
  for (const name of Object.keys(wanted).sort()) {
    const value = headers[(wanted[name] ?? "").toLowerCase()];
    if (value) dimensions[name] = value;
  }
  return dimensions;
}

/** Tokens in, none out, and a status of 200: the stream was interrupted before the provider counted its output. */
function isPartial(usage: TokenCounts, statusCode: number): boolean {
  const tokensIn = usage.inputTokens + usage.cachedTokens + usage.cacheWriteTokens + usage.imageInputTokens;
  return statusCode === 200 && tokensIn > 0 && usage.outputTokens === 0 && usage.imageOutputTokens === 0;
}
