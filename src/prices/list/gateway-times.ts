import type { GatewayProvider, GatewayProviders } from "../../ledger/gateway/gateway-providers.ts";

/** A gateway's configuration at a time. */
export interface KeptProviders {
  taken_at: string;
  providers: GatewayProviders;
}

/** A gateway's own pricing rules, from a time on. */
export interface GatewayTime {
  /** Milliseconds since 1970; -Infinity for the first, since earlier ones are unknown. */
  start: number;
  /** Providers with pricing rules. */
  providers: readonly PricingProvider[];
}

export type PricingProvider = Pick<GatewayProvider, "id" | "costBasis" | "modelCostMap">;

/** Snapshots of versions that did not read prices lack them: the first snapshot with prices also applies to the time before it. */
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

/** The rules in force at some time from `from` on and before `to`. */
export function timesInForce(times: readonly GatewayTime[], from: number, to: number): GatewayTime[] {
  const first = times.findLastIndex(({ start }) => start <= from);
  return times.slice(Math.max(first, 0)).filter(({ start }) => start < to);
}
