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
      costBasis: z.string().optional(),
      modelCostMap: z.array(z.object({ match: z.string(), as: z.string(), adjustment: z.number() })).optional(),
    }),
  ),
});
/** What the gateway's configuration said of its providers at a time. Kept in the lake: it decides who pays. */
export type GatewaySnapshot = z.infer<typeof snapshot>;

/** Snapshots by gateway, each list in order of time. */
export type GatewaySnapshots = ReadonlyMap<string, readonly GatewaySnapshot[]>;

export async function loadGatewaySnapshots(store: ObjectStore): Promise<GatewaySnapshots> {
  const snapshots = new Map<string, GatewaySnapshot[]>();
  for await (const { key } of store.list(GATEWAY_SNAPSHOTS)) {
    const instance = key.slice(GATEWAY_SNAPSHOTS.length).split("/", 1)[0] ?? "";
    const taken = await readJson(store, key, snapshot);
    snapshots.set(instance, [...(snapshots.get(instance) ?? []), taken]);
  }
  return new Map([...snapshots].map(([instance, taken]) => [instance, taken.sort(byTime)]));
}

/** A gateway's snapshots with its providers of now among them; written only if they are other than the ones in force. */
export async function keepGatewaySnapshot(
  store: ObjectStore,
  instance: string,
  snapshots: readonly GatewaySnapshot[],
  providers: GatewayProviders,
  now: Date,
): Promise<readonly GatewaySnapshot[]> {
  if (JSON.stringify(providersAt(snapshots, now)) === JSON.stringify(providers)) return snapshots;
  const taken = snapshot.parse({ format: 1, taken_at: now.toISOString(), providers });
  await store.replace(layout.gatewaySnapshot(instance, now), jsonBytes(taken));
  return [...snapshots, taken].sort(byTime);
}

function byTime(a: GatewaySnapshot, b: GatewaySnapshot): number {
  return a.taken_at < b.taken_at ? -1 : 1;
}

/**
 * The providers as they were at a time: the last snapshot before it, else the first there is.
 * So a provider that becomes a subscription today does not turn last month's bill into list values.
 */
export function providersAt(snapshots: readonly GatewaySnapshot[], time: Date): GatewayProviders | null {
  const before = snapshots.filter(({ taken_at }) => new Date(taken_at) <= time);
  return (before.at(-1) ?? snapshots[0])?.providers ?? null;
}
