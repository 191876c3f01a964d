import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { BillFetching } from "../reconciliation/fetching/fetch-bills.ts";

/** The bills to fetch, with keys from the environment. */
export function billFetching({ reconciliation }: Pick<Config, "reconciliation">, env: BillFetching["env"] = process.env): BillFetching {
  const sources = reconciliation.fetch.map(({ name, api, url, key_env: keyEnv, group_by: groupBy }) => ({ name, api, url, keyEnv, groupBy }));
  return { sources, env, wait: (milliseconds) => delay(milliseconds) };
}
