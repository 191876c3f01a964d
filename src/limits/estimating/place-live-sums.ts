import { type Plan, planner } from "../../allocation/shares/plan.ts";
import { settingsAt } from "../../allocation/settings/in-force.ts";
import { type Normalise, normaliser } from "../../ingest/normaliser/normalise.ts";
import { type Nanodollars, splitByLargestRemainder } from "../../ledger/money.ts";
import { NO_REMARKS, NO_UNKNOWN_COUNTS, type RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { NO_TERMS } from "../../ledger/usage/terms.ts";
import { NO_TOKENS } from "../../ledger/usage/token-counts.ts";
import { NO_TOOLS } from "../../ledger/usage/tool-calls.ts";
import type { UsageKey } from "../../ledger/usage/usage-key.ts";
import type { Ledger } from "../../open/ledger.ts";
import type { LiveSum } from "../live/live-requests.ts";
import type { LivePart, LiveUsage } from "../live/live-usage.ts";

/**
 * Assigns live requests to teams and tags, by the rules in force now. Hooks contain neither dimensions nor the caller's credential, so rules that
 * need them do not apply. Shared costs are not spread before the month is allocated.
 */
export function placeLiveSums({ normalisingAt, allocation }: Pick<Ledger["rules"], "normalisingAt" | "allocation">, sums: readonly LiveSum[], now: Date): LiveUsage[] {
  const plan = planner({ settings: settingsAt(allocation, now.getTime()) });
  const normalisers = new Map<string, Normalise>();
  const normaliserOf = (instance: string): Normalise => {
    const known = normalisers.get(instance) ?? normaliser("", normalisingAt(instance, now));
    normalisers.set(instance, known);
    return known;
  };
  const alike = Map.groupBy(sums, ({ instance, login, provider, model }) => JSON.stringify([instance, login, provider, model]));
  return [...alike.values()].flatMap((ofMinutes) => {
    const [first] = ofMinutes;
    if (first === undefined) return [];
    const usage = normaliserOf(first.instance)(toRequest(first));
    const split = splitter(usage, plan(usage));
    return ofMinutes.map(({ instance, minute, requests, unpriced, cost }) => ({ instance, minute, requests, unpriced, parts: split(cost) }));
  });
}

/** Divides a cost among tags and teams, as the allocation does. */
function splitter(usage: UsageKey, { tags, parts }: Pick<Plan, "tags" | "parts">): (cost: Nanodollars) => LivePart[] {
  const { instance, caller, callerType, provider, model, billing, dimensions } = usage;
  return (cost) => {
    const ofTags = splitByLargestRemainder(cost, tags);
    return tags.flatMap(({ name: tag }, index) => {
      const ofParts = splitByLargestRemainder(ofTags[index] ?? 0n, parts);
      return parts.map(({ team }, place) => ({ instance, caller, callerType, provider, model, billing, dimensions, tag, team, cost: ofParts[place] ?? 0n }));
    });
  };
}

/** The model as an export would record it: with the provider before its name. */
function toRequest({ login, provider, model, minute }: LiveSum): RecordedRequest {
  return {
    id: null,
    version: null,
    ts: minute.getTime() * 1000,
    login,
    nodeId: null,
    tags: [],
    model: provider === null || model.startsWith(`${provider}/`) ? model : `${provider}/${model}`,
    apiType: null,
    path: null,
    usage: NO_TOKENS,
    unknownCounts: NO_UNKNOWN_COUNTS,
    cost: null,
    costBasis: null,
    durationMs: null,
    captureId: null,
    sessionId: null,
    statusCode: 200,
    headers: {},
    toolCalls: 0,
    tools: NO_TOOLS,
    terms: NO_TERMS,
    credential: null,
    remarks: NO_REMARKS,
  };
}
