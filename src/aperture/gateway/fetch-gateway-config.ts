import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { fetchText, holdsCredentials } from "../../storage/fetch-text.ts";
import type { GatewayAccess } from "../../ledger/gateway/gateway-access.ts";
import type { GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";
import { parseGatewayAccess } from "./parse-gateway-access.ts";
import { parseGatewayProviders } from "./gateway-config.ts";

/** Providers, grants and quotas of a gateway's configuration at `http(s)://…`, `file://…` or a path. */
export async function fetchGatewayConfig(url: string): Promise<{ providers: GatewayProviders; access: GatewayAccess }> {
  if (holdsCredentials(url)) {
    throw new LedgerError("gateway_config_invalid", `credentials do not belong in the url ${showUrl(url)}`, {
      remedy: "Aperture identifies its callers through Tailscale: give the url without them",
    });
  }
  const text = await fetchConfig(url);
  return { providers: parseGatewayProviders(text, showUrl(url)), access: parseGatewayAccess(text, showUrl(url)) };
}

async function fetchConfig(url: string): Promise<string> {
  try {
    return await fetchText(url);
  } catch (cause) {
    throw new LedgerError("gateway_config_unreadable", `the gateway's configuration at ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check aperture.config, and that this machine is on the tailnet and allowed to read it",
      retryable: true,
      cause,
    });
  }
}
