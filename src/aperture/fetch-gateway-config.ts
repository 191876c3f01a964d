import { LedgerError, messageOf, showUrl } from "../errors.ts";
import { fetchText, holdsCredentials } from "../fetch-text.ts";
import type { GatewayProviders } from "../usage/gateway-providers.ts";
import { parseGatewayProviders } from "./gateway-config.ts";

/** The providers of a gateway's configuration at `http(s)://…`, `file://…` or a path. */
export async function fetchGatewayProviders(url: string): Promise<GatewayProviders> {
  if (holdsCredentials(url)) {
    throw new LedgerError("gateway_config_invalid", `credentials do not belong in the url ${showUrl(url)}`, {
      remedy: "Aperture knows its callers by Tailscale: give the url without them",
    });
  }
  return parseGatewayProviders(await fetchConfig(url), showUrl(url));
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
