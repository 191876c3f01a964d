import { fetchGatewayConfig } from "../../aperture/gateway/fetch-gateway-config.ts";
import { fetchPolicy } from "../../aperture/gateway/fetch-policy.ts";
import { fetchQuotaBalances } from "../../aperture/gateway/fetch-quotas.ts";
import type { Config } from "../../config/config.ts";
import { LedgerError, messageOf, showUrl } from "../../ledger/errors.ts";
import { checkQuotas } from "../../limits/quotas/check-quotas.ts";
import type { AccessGrant } from "../../ledger/gateway/gateway-access.ts";
import { showRule } from "../commands/describe-quotas.ts";
import { quotasUrl } from "../../open/watch-quotas.ts";
import type { Finding } from "./finding.ts";
import { listSome } from "../../ledger/text/list-some.ts";

/** Checks the buckets of each gateway's configuration for likely mistakes, and whether their balances can be read. */
export async function findInQuotas(config: Config): Promise<Finding[]> {
  const grants = await policyGrants(config);
  const configured = new Set([config.aperture.config, ...config.sources.map((source) => source.config)].filter((url) => url !== undefined));
  const asked = new Set([config.aperture.quotas, ...config.sources.map((source) => quotasUrl(source, config))].filter((url) => url !== undefined));
  const buckets = await Promise.all([...configured].map(async (url) => findBuckets(url, grants, url === config.aperture.config)));
  const balances = await Promise.all([...asked].map(findBalances));
  return [...buckets.flat(), ...balances];
}

/** @param toldElsewhere whether another check reports what is wrong with the configuration itself. */
async function findBuckets(url: string, grants: readonly AccessGrant[], toldElsewhere: boolean): Promise<Finding[]> {
  const check = "quotas";
  try {
    const { access } = await fetchGatewayConfig(url);
    const problems = checkQuotas(access, grants).map(({ problem, remedy }): Finding => ({ check, state: "attention", finding: problem, remedy }));
    if (access.quotas.length === 0) return problems;
    const listed = access.quotas.map((rule) => `${rule.name} (${showRule(rule)})`);
    return [{ check, state: "ok", finding: `${String(listed.length)} buckets in ${showUrl(url)}: ${listSome(listed)}` }, ...problems];
  } catch (error) {
    return toldElsewhere ? [] : [{ check, state: "failed", ...failure(error) }];
  }
}

async function findBalances(url: string): Promise<Finding> {
  const check = "quota balances";
  try {
    const balances = await fetchQuotaBalances(url);
    return { check, state: "ok", finding: `${String(balances.length)} balances in ${showUrl(url)}` };
  } catch (error) {
    return { check, state: "attention", ...failure(error) };
  }
}

function failure(error: unknown): { finding: string; remedy: string } {
  return { finding: messageOf(error), remedy: error instanceof LedgerError ? error.remedy : "report this: it is a mistake in aperture-ledger" };
}

/** The check of the directory reports what is wrong with the policy. */
async function policyGrants({ directory: { policy } }: Config): Promise<readonly AccessGrant[]> {
  if (policy === undefined) return [];
  try {
    return (await fetchPolicy(policy)).grants ?? [];
  } catch {
    return [];
  }
}
