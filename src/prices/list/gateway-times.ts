import type { GatewayProvider, GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";

/** What a gateway's configuration said at a time. */
export interface KeptProviders {
  taken_at: string;
  providers: GatewayProviders;
}

/** How a gateway says its models are priced, from a time on. */
export interface GatewayTime {
  /** Milliseconds since 1970; -Infinity for the first: what was before is not known better. */
  start: number;
  /** Providers that say something about prices. */
  providers: readonly PricingProvider[];
}

export type PricingProvider = Pick<GatewayProvider, "id" | "costBasis" | "modelCostMap">;

/** What was kept before prices were read says nothing of them: the first that does stands for the time before as well. */
export function pricingByTime(kept: readonly KeptProviders[]): GatewayTime[] {
  const known = kept.filter(({ providers }) => providers.every(({ modelCostMap }) => modelCostMap !== undefined));
  const times: GatewayTime[] = [];
  for (const { taken_at, providers } of known) {
    const pricing = providers.flatMap(whatPricesRead);
    if (JSON.stringify(times.at(-1)?.providers) === JSON.stringify(pricing)) continue;
    times.push({ start: times.length === 0 ? Number.NEGATIVE_INFINITY : Date.parse(taken_at), providers: pricing });
  }
  return times;
}

function whatPricesRead({ id, costBasis, modelCostMap }: GatewayProvider): PricingProvider[] {
  return costBasis === undefined && !modelCostMap?.length ? [] : [{ id, costBasis, modelCostMap }];
}

/** Those in force at some time from `from` on and before `to`. */
export function timesInForce(times: readonly GatewayTime[], from: number, to: number): GatewayTime[] {
  const first = times.findLastIndex(({ start }) => start <= from);
  return times.slice(Math.max(first, 0)).filter(({ start }) => start < to);
}
