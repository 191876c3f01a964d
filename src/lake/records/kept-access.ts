import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars } from "../../ledger/money.ts";
import type { GatewayAccess } from "../../ledger/gateway/gateway-access.ts";

export const keptGrant = z.object({
  origin: z.string(),
  place: z.string(),
  src: z.array(z.string()),
  roles: z.array(z.string()),
  models: z.array(z.object({ pattern: z.string(), buckets: z.array(z.string()) })),
});

/** Grants and quotas as the lake stores them. */
export const keptAccess = z.object({
  grants: z.array(keptGrant),
  quotas: z.array(z.object({ name: z.string(), place: z.string(), capacity: billionths, rate: z.object({ amount: billionths, unitMs: z.number() }) })),
});

/** The stored form, as plain JSON that `keptAccess` reads. */
export function describeAccess({ grants, quotas }: GatewayAccess): z.input<typeof keptAccess> {
  return {
    grants: grants.map(({ origin, place, src, roles, models }) => ({
      origin,
      place,
      src: [...src],
      roles: [...roles],
      models: models.map(({ pattern, buckets }) => ({ pattern, buckets: [...buckets] })),
    })),
    quotas: quotas.map(({ name, place, capacity, rate: { amount, unitMs } }) => ({
      name,
      place,
      capacity: formatDollars(capacity),
      rate: { amount: formatDollars(amount), unitMs },
    })),
  };
}
