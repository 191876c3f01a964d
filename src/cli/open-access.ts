import type { CurrentAccess } from "../../jobs/review-access.ts";
import { fetchPolicy } from "../aperture/fetch-policy.ts";
import { parseGatewayAccess } from "../aperture/gateway-access.ts";
import type { Config } from "../config.ts";
import { LedgerError, messageOf, showUrl } from "../errors.ts";
import { fetchText, holdsCredentials } from "../fetch-text.ts";
import type { GatewayAccess } from "../usage/gateway-access.ts";

/** What gateways and tailnet policy grant now: both are asked, and nothing is kept. Throws `usage` where no gateway's configuration is set. */
export async function openAccess({ sources, aperture, directory }: Config): Promise<CurrentAccess> {
  const access = new Map<string, GatewayAccess>();
  for (const { name, config } of sources) {
    const url = config ?? aperture.config;
    if (url !== undefined) access.set(name, await fetchGatewayAccess(url));
  }
  if (access.size === 0) throw sources.length === 0 ? noSource() : noConfiguration();
  const fetched = directory.policy === undefined ? null : await fetchPolicy(directory.policy);
  return { instances: sources.map(({ name }) => name), accessOf: (instance) => access.get(instance), tailnetGrants: fetched?.grants ?? [], policy: fetched };
}

async function fetchGatewayAccess(url: string): Promise<GatewayAccess> {
  if (holdsCredentials(url)) {
    throw new LedgerError("gateway_config_invalid", `credentials do not belong in the url ${showUrl(url)}`, {
      remedy: "Aperture knows its callers by Tailscale: give the url without them",
    });
  }
  try {
    return parseGatewayAccess(await fetchText(url), showUrl(url));
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw new LedgerError("gateway_config_unreadable", `the gateway's configuration at ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check aperture.config, and that this machine is on the tailnet and allowed to read it",
      retryable: true,
      cause,
    });
  }
}

function noConfiguration(): LedgerError {
  return new LedgerError("usage", "no gateway's configuration is given, so nobody knows what is granted", {
    remedy: "say where it is with --gateway-config URL, or aperture.config in aperture-ledger.yaml: http://ai/api/config, or a file",
  });
}

function noSource(): LedgerError {
  return new LedgerError("usage", "no source is given, so no gateway is known by name", {
    remedy: "name the gateway under sources: in aperture-ledger.yaml, or with --source and --instance",
  });
}
