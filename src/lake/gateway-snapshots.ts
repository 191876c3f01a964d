import { z } from "zod";
import type { GatewayProviders } from "../usage/gateway-providers.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { jsonBytes, readJson } from "./json-object.ts";
import { GATEWAY_SNAPSHOTS, layout } from "./layout.ts";

const snapshot = z.object({
  format: z.literal(1),
  taken_at: z.iso.datetime(),
  providers: z.array(
    z.object({
      id: z.string(),
      authMode: z.enum(["override", "passthrough", "none"]),
      models: z.array(z.string()),
      tailnet: z.boolean(),
      disabled: z.boolean(),
      preference: z.number(),
    }),
  ),
});
/** What the gateway's configuration said of its providers at a time. Kept in the lake: it decides who pays. */
export type GatewaySnapshot = z.infer<typeof snapshot>;

/** In order of time. */
export async function loadGatewaySnapshots(store: ObjectStore): Promise<GatewaySnapshot[]> {
  const snapshots: GatewaySnapshot[] = [];
  for await (const { key } of store.list(GATEWAY_SNAPSHOTS)) snapshots.push(await readJson(store, key, snapshot));
  return snapshots.sort((a, b) => (a.taken_at < b.taken_at ? -1 : 1));
}

/** The snapshots with today's providers among them; written only if they are other than the latest. */
export async function keepGatewaySnapshot(
  store: ObjectStore,
  snapshots: readonly GatewaySnapshot[],
  providers: GatewayProviders,
  now: Date,
): Promise<readonly GatewaySnapshot[]> {
  const latest = snapshots.at(-1);
  if (latest !== undefined && JSON.stringify(latest.providers) === JSON.stringify(providers)) return snapshots;
  const taken = snapshot.parse({ format: 1, taken_at: now.toISOString(), providers });
  await store.create(layout.gatewaySnapshot(now), jsonBytes(taken));
  return [...snapshots, taken];
}

/**
 * The providers as they were at a time: the last snapshot before it, else the first there is.
 * So a provider that becomes a subscription today does not turn last month's bill into list values.
 */
export function providersAt(snapshots: readonly GatewaySnapshot[], time: Date): GatewayProviders | null {
  const before = snapshots.filter(({ taken_at }) => new Date(taken_at) <= time);
  return (before.at(-1) ?? snapshots[0])?.providers ?? null;
}
