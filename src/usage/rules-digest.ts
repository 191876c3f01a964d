import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { GatewayProvider } from "./gateway-providers.ts";
import { NORMALISER_VERSION, type NormalisingRules } from "./normalise.ts";

/** Changes whenever the same export would be normalised to other usage records. */
export function digestRules({ instance, gateway, dimensions }: NormalisingRules): string {
  const inputs = canonicalize({ version: NORMALISER_VERSION, instance, gateway: gateway?.map(whatNormalisingReads) ?? null, dimensions: Object.fromEntries(dimensions) });
  return createHash("sha256").update(String(inputs)).digest("hex").slice(0, 32);
}

/** Not what prices alone are read from: that decides how a day is built, not how an export is normalised. */
function whatNormalisingReads({ id, authMode, models, tailnet, disabled, preference }: GatewayProvider): GatewayProvider {
  return { id, authMode, models, tailnet, disabled, preference };
}
