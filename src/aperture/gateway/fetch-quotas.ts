import { messageOf, showUrl } from "../../ledger/errors.ts";
import { fetchText, type HttpBounds } from "../../storage/fetch-text.ts";
import { askGateway, type GatewaySubject, refuseCredentials, unreadable } from "./ask-gateway.ts";
import { parseQuotaBalances, type QuotaBalance } from "./quota-balances.ts";

const QUOTAS: GatewaySubject = {
  what: "the gateway's quotas",
  setting: "aperture.quotas",
  unreadable: "gateway_quotas_unreadable",
  invalid: "gateway_quotas_invalid",
  grant: '{"role": "admin"}',
};

/** The balances of a gateway's buckets at `http(s)://…/api/quotas`, or in a file. Throws `gateway_quotas_unreadable` and `gateway_quotas_invalid`. */
export async function fetchQuotaBalances(url: string, bounds: HttpBounds = {}): Promise<QuotaBalance[]> {
  refuseCredentials(url, QUOTAS);
  return parseQuotaBalances(/^https?:/i.test(url) ? await askForQuotas(url, bounds) : await readQuotas(url), showUrl(url));
}

async function askForQuotas(url: string, bounds: HttpBounds): Promise<string> {
  const answer = await askGateway(url, QUOTAS, bounds);
  if (answer.state === "answer") return answer.text;
  throw answer.state === "denied" ? answer.error : unreadable(url, QUOTAS, "the gateway has no balances at this address");
}

async function readQuotas(url: string): Promise<string> {
  try {
    return await fetchText(url);
  } catch (cause) {
    throw unreadable(url, QUOTAS, messageOf(cause), { cause, retryable: true });
  }
}
