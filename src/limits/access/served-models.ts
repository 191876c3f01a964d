import type { GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";
import type { AccessAttempt } from "./access-use.ts";

/**
 * Whether an enabled provider of a gateway's configuration has a model. Null where that is unknown: the configuration is unknown, or the provider
 * lists no models. If the configuration does not have the provider, the ledger guessed it, so the model may be served by any provider of the
 * configuration.
 */
export function isServed(providers: GatewayProviders | undefined, { provider, model }: Pick<AccessAttempt, "provider" | "model">): boolean | null {
  if (providers === undefined) return null;
  const own = providers.filter(({ id }) => id === provider);
  const candidates = (own.length > 0 ? own : providers).filter(({ disabled }) => !disabled);
  if (candidates.some(({ models }) => models.includes(model))) return true;
  return candidates.some(({ models }) => models.length === 0) ? null : false;
}
