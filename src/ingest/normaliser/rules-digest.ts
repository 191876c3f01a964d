import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { GatewayProvider, GatewayProviders, ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { NORMALISER_VERSION, type NormalisingRules } from "./normalise.ts";

/** Changes whenever the same export would be normalised to different usage records. */
export function digestRules({ instance, gateway, billing = [], dimensions }: NormalisingRules): string {
  return digest({ version: NORMALISER_VERSION, instance, gateway: describeHistory(gateway), billing, dimensions: Object.fromEntries(dimensions) });
}

/** Leaves out a configuration that, for the normaliser, equals the one before. */
function describeHistory(history: ProviderHistory): [from: number | null, providers: string][] {
  const described: [number | null, string][] = [];
  for (const { from, providers } of history) {
    const own = digestProviders(providers);
    if (described.at(-1)?.[1] !== own) described.push([from, own]);
  }
  return described;
}

/** Caches the digests: all exports share the same few configurations. */
const digested = new WeakMap<GatewayProviders, string>();

function digestProviders(providers: GatewayProviders): string {
  const known = digested.get(providers) ?? digest(providers.map(whatNormalisingReads));
  digested.set(providers, known);
  return known;
}

function digest(inputs: unknown): string {
  return createHash("sha256").update(String(canonicalize(inputs))).digest("hex").slice(0, 32);
}

/** Without the members that only affect prices: these decide how a day is built, not how an export is normalised. */
function whatNormalisingReads({ id, authMode, models, tailnet, disabled, preference }: GatewayProvider): GatewayProvider {
  return { id, authMode, models, tailnet, disabled, preference };
}
