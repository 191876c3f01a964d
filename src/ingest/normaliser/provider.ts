import { type BillingRule, billingDecider, type DecidedBilling } from "./billing.ts";
import type { GatewayProvider, GatewayProviders, ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { parseModelName } from "../../ledger/names/model-name.ts";
import { startOf } from "../../ledger/usage/record-time.ts";
import type { RecordedRequest } from "../../ledger/usage/recorded-request.ts";
import { remember } from "../../ledger/names/remember.ts";

interface ProviderOfRequest extends DecidedBilling {
  provider: string;
}

const UNKNOWN = "unknown";
/** Services of Aperture's price list that belong to one provider in several regions: `bedrock-us`, `azure-eu`. */
const REGION_OF_SERVICE = /^(bedrock|azure)-(?:us|eu|ap)$/;

/** Dialects of a single provider. `oai_completions` is missing, since many providers use it. */
const PROVIDER_OF_DIALECT: readonly [RegExp, string][] = [
  [/^ant_/, "anthropic"],
  [/^oai_responses$/, "openai"],
  [/^gemini_/, "google"],
  [/^bedrock_/, "bedrock"],
  [/^vertex_/, "vertex"],
];
const PROVIDER_OF_PATH: readonly [RegExp, string][] = [
  [/^\/bedrock\//, "bedrock"],
  [/\/publishers\/[^/]+\/models\//, "vertex"],
  [/^\/v1(?:beta|alpha)\/models\//, "google"],
];

/**
 * Determines which provider served a request, and who pays for it. The gateway's configuration at the time of the request
 * decides; without it, the request itself does: the model's prefix, the service of its price, its path, its dialect.
 */
export type IdentifyProvider = (request: RecordedRequest, prefix: string | null) => ProviderOfRequest;

export function providerIdentifier(history: ProviderHistory, rules: readonly BillingRule[] = []): IdentifyProvider {
  const decide = billingDecider(rules);
  const periods = history.map(({ from, providers }) => ({
    start: startOf(from),
    find: remember((model) => findConfigured(model, parseModelName(model).prefix, providers)),
  }));
  const ofCost = remember(serviceOf);
  const ofPath = remember((path) => firstMatch(PROVIDER_OF_PATH, path));
  const ofDialect = remember((apiType) => firstMatch(PROVIDER_OF_DIALECT, apiType));
  return (request, prefix) => {
    const { ts, model, costBasis, path, apiType } = request;
    const configured = periods.findLast(({ start }) => start <= ts)?.find(model);
    const provider = configured?.id ?? prefix ?? ofCost(costBasis ?? "") ?? ofPath(path ?? "") ?? ofDialect(apiType ?? "") ?? UNKNOWN;
    return { provider, ...decide(request, provider, configured) };
  };
}

function findConfigured(model: string, prefix: string | null, gateway: GatewayProviders): GatewayProvider | undefined {
  const addressed = gateway.find((provider) => provider.id === prefix);
  if (addressed !== undefined) return addressed;
  const serving = gateway.filter((provider) => provider.models.includes(model));
  const enabled = serving.filter((provider) => !provider.disabled);
  const candidates = enabled.length > 0 ? enabled : serving;
  const [first] = candidates.toSorted((a, b) => b.preference - a.preference);
  return first;
}

function serviceOf(costBasis: string): string | undefined {
  const [service] = costBasis.split("/", 1);
  return service ? service.replace(REGION_OF_SERVICE, "$1") : undefined;
}

function firstMatch(table: readonly [RegExp, string][], text: string): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}
