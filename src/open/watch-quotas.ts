import { fetchQuotaBalances } from "../aperture/gateway/fetch-quotas.ts";
import type { Config } from "../config/config.ts";
import { accessAt, type GatewaySnapshots } from "../lake/records/gateway-snapshots.ts";
import type { PolicySnapshot } from "../lake/records/policy-snapshots.ts";
import { keepQuotaSample } from "../lake/records/quota-samples.ts";
import { checkQuotas } from "../limits/quotas/check-quotas.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { LedgerServices } from "./ledger-services.ts";

/** Warns of implausible quotas, and keeps the balances of the buckets. A failure is logged and does not stop a run. */
export async function watchQuotas(
  config: Config,
  lake: ObjectStore,
  { clock, log }: Pick<LedgerServices, "clock" | "log">,
  snapshots: GatewaySnapshots,
  policies: readonly PolicySnapshot[],
): Promise<void> {
  for (const { name } of config.sources) {
    const access = accessAt(snapshots.get(name) ?? [], clock());
    if (access === null) continue;
    for (const { problem, remedy } of checkQuotas(access, policies.at(-1)?.grants)) log.warn({ instance: name, remedy }, `the gateway's quotas: ${problem}`);
  }
  await Promise.all(
    config.sources.map(async (source) => {
      const url = quotasUrl(source, config);
      if (url === undefined) return;
      try {
        await keepQuotaSample(lake, source.name, await fetchQuotaBalances(url), clock());
      } catch (error) {
        log.warn({ instance: source.name, err: error }, "the balances of the gateway's buckets cannot be read");
      }
    }),
  );
}

/** `aperture.quotas` does not apply to a gateway that has its own configuration url. */
export function quotasUrl(source: Config["sources"][number], { aperture }: Config): string | undefined {
  return source.quotas ?? (source.config === undefined ? aperture.quotas : undefined);
}
