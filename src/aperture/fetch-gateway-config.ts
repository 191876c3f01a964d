import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LedgerError, messageOf, showUrl } from "../errors.ts";
import type { GatewayProviders } from "../usage/gateway-providers.ts";
import { parseGatewayProviders } from "./gateway-config.ts";

const TIMEOUT_MS = 10_000;

/** The providers of a gateway's configuration at `http(s)://…`, `file://…` or a path. */
export async function fetchGatewayProviders(url: string): Promise<GatewayProviders> {
  if (/^https?:\/\/[^/]*@/i.test(url)) {
    throw new LedgerError("gateway_config_invalid", `credentials do not belong in the url ${showUrl(url)}`, {
      remedy: "Aperture knows its callers by Tailscale: give the url without them",
    });
  }
  return parseGatewayProviders(await fetchText(url), showUrl(url));
}

async function fetchText(url: string): Promise<string> {
  try {
    if (!/^https?:/i.test(url)) return await readFile(url.startsWith("file:") ? fileURLToPath(url) : url, "utf8");
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${String(response.status)} ${response.statusText}`);
    return await response.text();
  } catch (cause) {
    throw new LedgerError("gateway_config_unreadable", `the gateway's configuration at ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check aperture.config, and that this machine is on the tailnet and allowed to read it",
      retryable: true,
      cause,
    });
  }
}
