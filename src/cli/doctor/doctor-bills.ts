import type { Config } from "../../config/config.ts";
import { LedgerError } from "../../ledger/errors.ts";
import type { Environment } from "../../messages/target.ts";
import { billFetching } from "../../open/bill-fetching.ts";
import { urlOf } from "../../reconciliation/fetching/billing-apis.ts";
import { readKey } from "../../reconciliation/fetching/fetch-bills.ts";
import type { Finding } from "./finding.ts";

/** Checks that the keys for fetching bills are set. Asks no provider. */
export function findInBills(config: Config, env: Environment): Finding[] {
  return billFetching(config, env).sources.map((source): Finding => {
    const check = `bill ${source.name}`;
    try {
      readKey(source, env);
    } catch (error) {
      if (error instanceof LedgerError) return { check, state: "failed", finding: error.message, remedy: error.remedy };
      throw error;
    }
    return { check, state: "ok", finding: `${source.api} at ${new URL(urlOf(source)).host}, with the key in ${source.keyEnv}` };
  });
}
