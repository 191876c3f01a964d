import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { formatDollars } from "../../ledger/money.ts";
import type { AccessGrant, GatewayAccess, GrantedModels } from "../../ledger/gateway/gateway-access.ts";

/** Null: the configuration has them in an unknown form. */
const lenders = z.array(z.string()).nullable();

/** A member without a value is absent, so that the bytes are those of versions that did not read the member. */
export const keptGrant = z.object({
  origin: z.string(),
  place: z.string(),
  src: z.array(z.string()),
  roles: z.array(z.string()),
  models: z.array(z.object({ pattern: z.string(), buckets: z.array(z.string()), overdrafts: z.array(z.object({ bucket: z.string(), lenders })).optional() })),
  postures: z.array(z.string()).optional(),
  others: z.array(z.object({ kind: z.string(), patterns: z.array(z.string()) })).optional(),
  unreadBucket: z.literal(true).optional(),
});

/** Grants and quotas as the lake stores them. */
export const keptAccess = z.object({
  grants: z.array(keptGrant),
  quotas: z.array(z.object({ name: z.string(), place: z.string(), capacity: billionths, rate: z.object({ amount: billionths, unitMs: z.number() }), lenders: lenders.optional() })),
});

/** The stored form, as plain JSON that `keptAccess` reads. */
export function describeAccess({ grants, quotas }: GatewayAccess): z.input<typeof keptAccess> {
  return {
    grants: grants.map(describeGrant),
    quotas: quotas.map(({ name, place, capacity, rate: { amount, unitMs }, lenders: from }) => ({
      name,
      place,
      capacity: formatDollars(capacity),
      rate: { amount: formatDollars(amount), unitMs },
      ...(from === undefined ? {} : { lenders: from && [...from] }),
    })),
  };
}

function describeGrant({ origin, place, src, roles, models, postures, others, unreadBucket }: AccessGrant): z.input<typeof keptGrant> {
  return {
    origin,
    place,
    src: [...src],
    roles: [...roles],
    models: models.map(describeModels),
    ...(postures === undefined ? {} : { postures: [...postures] }),
    ...(others === undefined ? {} : { others: others.map(({ kind, patterns }) => ({ kind, patterns: [...patterns] })) }),
    ...(unreadBucket === undefined ? {} : { unreadBucket }),
  };
}

function describeModels({ pattern, buckets, overdrafts }: GrantedModels): z.input<typeof keptGrant>["models"][number] {
  const chains = overdrafts?.map(({ bucket, lenders: from }) => ({ bucket, lenders: from && [...from] }));
  return { pattern, buckets: [...buckets], ...(chains === undefined ? {} : { overdrafts: chains }) };
}
