import type { GatewayProvider, GatewayProviders } from "./gateway-providers.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import type { Billing } from "./usage-record.ts";

export interface ProviderOfRequest {
  provider: string;
  billing: Billing;
}

const UNKNOWN = "unknown";
/** Services of Aperture's price list that are one provider in several regions: `bedrock-us`, `azure-eu`. */
const REGION_OF_SERVICE = /^(bedrock|azure)-(?:us|eu|ap)$/;

/** Dialects that one provider alone speaks. `oai_completions` is spoken by everybody and says nothing. */
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
 * Which provider served a request, and who pays for it. The gateway's configuration knows best; without it the
 * request itself has to tell: the model's prefix, the service its price came from, its path, its dialect.
 */
export function identifyProvider(
  request: RecordedRequest,
  prefix: string | null,
  gateway: GatewayProviders | null,
): ProviderOfRequest {
  const configured = gateway === null ? undefined : findConfigured(request.model, prefix, gateway);
  if (configured !== undefined) return { provider: configured.id, billing: billingOf(configured) };
  const provider =
    prefix ??
    serviceOf(request.costBasis) ??
    firstMatch(PROVIDER_OF_PATH, request.path) ??
    firstMatch(PROVIDER_OF_DIALECT, request.apiType) ??
    UNKNOWN;
  return { provider, billing: "metered" };
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

function billingOf(provider: GatewayProvider): Billing {
  if (provider.authMode === "passthrough") return "subscription";
  return provider.tailnet || provider.authMode === "none" ? "self_hosted" : "metered";
}

function serviceOf(costBasis: string | null): string | undefined {
  const service = costBasis?.split("/", 1)[0];
  return service ? service.replace(REGION_OF_SERVICE, "$1") : undefined;
}

function firstMatch(table: readonly [RegExp, string][], text: string | null): string | undefined {
  return text === null ? undefined : table.find(([pattern]) => pattern.test(text))?.[1];
}
