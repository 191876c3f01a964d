import type { CurrentAccess } from "../limits/review-access.ts";
import { fetchGatewayConfig } from "../aperture/gateway/fetch-gateway-config.ts";
import { fetchPolicy } from "../aperture/gateway/fetch-policy.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { GatewayAccess } from "../ledger/gateway/gateway-access.ts";

/** Asks gateways and tailnet policy what they grant now, and keeps nothing. Throws `usage` if no gateway's configuration is set. */
export async function openAccess({ sources, aperture, directory }: Config): Promise<CurrentAccess> {
  const access = new Map<string, GatewayAccess>();
  for (const { name, config } of sources) {
    const url = config ?? aperture.config;
    if (url !== undefined) access.set(name, (await fetchGatewayConfig(url)).access);
  }
  if (access.size === 0) throw sources.length === 0 ? noSource() : noConfiguration();
  const fetched = directory.policy === undefined ? null : await fetchPolicy(directory.policy);
  return { instances: sources.map(({ name }) => name), accessOf: (instance) => access.get(instance), tailnetGrants: fetched?.grants ?? [], policy: fetched };
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
