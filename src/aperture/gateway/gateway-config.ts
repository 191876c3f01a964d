import { z } from "zod";
import { LedgerError } from "../../ledger/errors.ts";
import type { GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";
import { textMap } from "../../ledger/names/written-map.ts";
import { parseHuJson } from "./hujson.ts";

/** `GET /api/config` wraps the configuration's text. */
const wrapped = z.object({ config: z.string() });

/** Refuses numbers that a price cannot be multiplied by. */
const costRule = z.object({ match: z.string(), as: z.string().default(""), adjustment: z.number().min(0).max(1_000_000).nullish() });

const provider = z.object({
  models: z.array(z.string()).default([]),
  auth_mode: z.enum(["", "override", "passthrough", "none"]).default(""),
  tailnet: z.boolean().default(false),
  disabled: z.boolean().default(false),
  preference: z.number().default(0),
  cost_basis: z.string().nullish(),
  model_cost_map: z.array(costRule).nullish(),
});
const gatewayConfig = z.object({ providers: textMap({ value: provider, repeated: "last counts" }).default(new Map()) });

/**
 * The providers of a gateway's configuration: HuJSON, bare or in the answer of `GET /api/config`.
 * Credentials in the configuration are not read. `what` names the text in errors.
 */
export function parseGatewayProviders(text: string, what: string): GatewayProviders {
  const parsed = gatewayConfig.safeParse(unwrapConfig(text, what).value);
  if (!parsed.success) {
    throw new LedgerError("gateway_config_invalid", `${what}: ${z.prettifyError(parsed.error)}`, {
      remedy: "it must be an Aperture configuration, bare or as GET /api/config returns it",
    });
  }
  return [...parsed.data.providers].map(([id, read]) => ({
    id,
    authMode: read.auth_mode === "" ? "override" : read.auth_mode,
    models: read.models,
    tailnet: read.tailnet,
    disabled: read.disabled,
    preference: read.preference,
    ...(read.cost_basis ? { costBasis: read.cost_basis } : {}),
    modelCostMap: (read.model_cost_map ?? []).map(({ match, as, adjustment }) => ({ match, as, adjustment: adjustment ?? 1 })),
  }));
}

/** The text of a configuration, bare or unwrapped, and its parsed content. */
export function unwrapConfig(text: string, what: string): { text: string; value: unknown } {
  const value = parseHuJson(text, what);
  const wrapper = wrapped.safeParse(value);
  return wrapper.success ? { text: wrapper.data.config, value: parseHuJson(wrapper.data.config, what) } : { text, value };
}
