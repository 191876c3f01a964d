import { z } from "zod";
import { messageOf, showUrl } from "../../ledger/errors.ts";
import { fetchText, type HttpBounds } from "../../storage/fetch-text.ts";
import type { GatewayAccess } from "../../ledger/gateway/gateway-access.ts";
import type { GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";
import { askGateway, type GatewayAnswer, type GatewaySubject, refuseCredentials, unreadable } from "./ask-gateway.ts";
import { gatewayBase } from "./gateway-address.ts";
import { parseHuJson } from "./hujson.ts";
import { parseGatewayAccess } from "./parse-gateway-access.ts";
import { parseGatewayProviders } from "./gateway-config.ts";

export interface FetchedConfig {
  providers: GatewayProviders;
  access: GatewayAccess;
  /** The ETag of the official API's answer; undefined for a configuration from elsewhere. */
  etag: string | undefined;
}

const CONFIGURATION: GatewaySubject = {
  what: "the gateway's configuration",
  setting: "aperture.config",
  unreadable: "gateway_config_unreadable",
  invalid: "gateway_config_invalid",
  grant: '{"role": "admin"}',
};

/**
 * Reads the providers, grants and quotas of a gateway's configuration. At a gateway's address it reads the official API or, in gateways without that,
 * the older `/api/config`. Any other `http(s)://…`, `file://…` or path is read unchanged. Throws `gateway_config_unreadable` and
 * `gateway_config_invalid`.
 */
export async function fetchGatewayConfig(place: string, bounds: HttpBounds = {}): Promise<FetchedConfig> {
  return (await fetchChangedConfig(place, undefined, bounds)) ?? Promise.reject(new TypeError("without an ETag no configuration is unchanged"));
}

/** Like `fetchGatewayConfig`, with a known earlier answer: undefined if the configuration has not changed since. @param etag of the earlier answer */
export async function fetchChangedConfig(place: string, etag: string | undefined, bounds: HttpBounds = {}): Promise<FetchedConfig | undefined> {
  refuseCredentials(place, CONFIGURATION);
  const base = gatewayBase(place);
  if (base !== undefined) return await askEachPath(base, etag, bounds);
  if (!/^https?:/i.test(place)) return parseConfig(place, { text: await readFileAt(place), etag: undefined });
  return parseConfig(place, requireAnswer(place, await askGateway(place, CONFIGURATION, bounds)));
}

async function askEachPath(base: string, etag: string | undefined, bounds: HttpBounds): Promise<FetchedConfig | undefined> {
  const official = `${base}/aperture/config`;
  const answer = await askGateway(official, CONFIGURATION, { etag, ...bounds });
  if (answer.state === "unchanged") return undefined;
  if (answer.state !== "absent") return parseConfig(official, requireConfig(official, requireAnswer(official, answer)));
  const older = `${base}/api/config`;
  const { text } = requireConfig(older, requireAnswer(older, await askGateway(older, CONFIGURATION, bounds)));
  return parseConfig(older, { text, etag: undefined });
}

interface ConfigText {
  text: string;
  etag: string | undefined;
}

function parseConfig(url: string, { text, etag }: ConfigText): FetchedConfig {
  return { providers: parseGatewayProviders(text, showUrl(url)), access: parseGatewayAccess(text, showUrl(url)), etag };
}

function requireAnswer(url: string, answer: GatewayAnswer): ConfigText {
  if (answer.state === "answer") return answer;
  if (answer.state === "denied") throw answer.error;
  throw unreadable(url, CONFIGURATION, answer.state === "absent" && answer.status === 404 ? "HTTP 404 Not Found" : "the answer is a page for people");
}

const config = z.union([z.object({ config: z.string() }), z.object({ providers: z.unknown().refine((value) => value !== undefined) })]);

/** Any other answer must not count as a configuration without providers: that would change who pays. */
function requireConfig(url: string, answer: ConfigText): ConfigText {
  let value: unknown;
  try {
    value = parseHuJson(answer.text, showUrl(url));
  } catch (cause) {
    throw unreadable(url, CONFIGURATION, "the answer is not a configuration", { cause });
  }
  if (config.safeParse(value).success) return answer;
  throw unreadable(url, CONFIGURATION, "the answer contains no configuration");
}

async function readFileAt(place: string): Promise<string> {
  try {
    return await fetchText(place);
  } catch (cause) {
    throw unreadable(place, CONFIGURATION, messageOf(cause), { cause, retryable: true });
  }
}
