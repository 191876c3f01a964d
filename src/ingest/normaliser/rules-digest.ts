import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { GatewayProvider, GatewayProviders, ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { NORMALISER_VERSION, type NormalisingRules } from "./normalise.ts";

/** Changes whenever the same export would be normalised to other usage records. */
export function digestRules({ instance, gateway, billing = [], dimensions }: NormalisingRules): string {
  return digest({ version: NORMALISER_VERSION, instance, gateway: describeHistory(gateway), billing, dimensions: Object.fromEntries(dimensions) });
}

/** A configuration that differs from the one before in nothing that normalising reads begins nothing new. */
function describeHistory(history: ProviderHistory): [from: number | null, providers: string][] {
  const described: [number | null, string][] = [];
  for (const { from, providers } of history) {
    const own = digestProviders(providers);
    if (described.at(-1)?.[1] !== own) described.push([from, own]);
  }
  return described;
}

/** The digests of all exports take up the same few configurations: each is digested once. */
const digested = new WeakMap<GatewayProviders, string>();

function digestProviders(providers: GatewayProviders): string {
  const known = digested.get(providers) ?? digest(providers.map(whatNormalisingReads));
  digested.set(providers, known);
  return known;
}

function digest(inputs: unknown): string {
  return createHash("sha256").update(String(canonicalize(inputs))).digest("hex").slice(0, 32);
}

/** Not what prices alone are read from: that decides how a day is built, not how an export is normalised. */
function whatNormalisingReads({ id, authMode, models, tailnet, disabled, preference }: GatewayProvider): GatewayProvider {
  return { id, authMode, models, tailnet, disabled, preference };
}
