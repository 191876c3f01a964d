import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { fetchText, holdsCredentials } from "../../storage/fetch-text.ts";
import { parseQuotaBalances, type QuotaBalance } from "./quota-balances.ts";

/** The balances of a gateway's buckets at `http(s)://…/api/quotas`. */
export async function fetchQuotaBalances(url: string): Promise<QuotaBalance[]> {
  if (holdsCredentials(url)) {
    throw new LedgerError("gateway_quotas_invalid", `credentials do not belong in the url ${showUrl(url)}`, {
      remedy: "Aperture identifies its callers through Tailscale: give the url without them",
    });
  }
  return parseQuotaBalances(await fetchAnswer(url), showUrl(url));
}

async function fetchAnswer(url: string): Promise<string> {
  try {
    return await fetchText(url);
  } catch (cause) {
    throw new LedgerError("gateway_quotas_unreadable", `the gateway's quotas at ${showUrl(url)} cannot be read: ${messageOf(cause)}`, {
      remedy: "check aperture.quotas, and that this machine is on the tailnet and allowed to read it",
      retryable: true,
      cause,
    });
  }
}
