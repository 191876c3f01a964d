import { z } from "zod";
import type { GatewayAccess } from "../../ledger/gateway/gateway-access.ts";
import type { GatewayProviders, ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { YOUNGEST_RECORD } from "../../ledger/usage/recorded-request.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { describeAccess, keptAccess } from "./kept-access.ts";
import { jsonBytes, readPlaced } from "../json-object.ts";
import { GATEWAY_SNAPSHOTS, layout } from "../layout.ts";

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
  /** Absent in snapshots of versions that did not read it. */
  access: keptAccess.optional(),
});
/** The gateway's configuration at a time. Stored in the lake, since it decides who pays and which limits applied. */
export type GatewaySnapshot = z.infer<typeof snapshot>;

/** Snapshots by gateway, each list in order of time. */
export type GatewaySnapshots = ReadonlyMap<string, readonly GatewaySnapshot[]>;

export async function loadGatewaySnapshots(store: ObjectStore): Promise<GatewaySnapshots> {
  const snapshots = new Map<string, GatewaySnapshot[]>();
  for await (const { key } of store.list(GATEWAY_SNAPSHOTS)) {
    const instance = key.slice(GATEWAY_SNAPSHOTS.length).split("/", 1)[0] ?? "";
    const taken = await readPlaced(store, key, snapshot, ({ taken_at: at }) => layout.gatewaySnapshot(instance, new Date(at)));
    snapshots.set(instance, [...(snapshots.get(instance) ?? []), taken]);
  }
  return new Map([...snapshots].map(([instance, taken]) => [instance, taken.sort(byTime)]));
}

/** The stored part of a gateway's configuration. */
export interface GatewayConfig {
  providers: GatewayProviders;
  access: GatewayAccess;
}

/** A gateway's snapshots with its current configuration, which is only written if it differs from the one in force. */
export async function keepGatewaySnapshot(
  store: ObjectStore,
  instance: string,
  snapshots: readonly GatewaySnapshot[],
  { providers, access }: GatewayConfig,
  now: Date,
): Promise<readonly GatewaySnapshot[]> {
  const inForce = snapshotAt(snapshots, now);
  if (inForce !== undefined && describe(inForce) === describe({ providers, access })) return snapshots;
  const written = { format: 1, taken_at: now.toISOString(), providers, access: describeAccess(access) };
  const taken = snapshot.parse(written);
  await store.replace(layout.gatewaySnapshot(instance, now), jsonBytes({ ...taken, access: written.access }));
  return [...snapshots, taken].sort(byTime);
}

function describe({ providers, access }: { providers: GatewayProviders; access?: GatewayAccess | undefined }): string {
  return JSON.stringify([providers, access && describeAccess(access)]);
}

function byTime(a: GatewaySnapshot, b: GatewaySnapshot): number {
  return a.taken_at < b.taken_at ? -1 : 1;
}

/**
 * The providers over time that may apply to records of an export from that time: the first snapshot also applies to the time
 * before it. A later snapshot does not apply to the export's requests, so it does not make the export stale.
 */
export function providersUntil(snapshots: readonly GatewaySnapshot[], exportTime: Date): ProviderHistory {
  const latest = exportTime.getTime() + YOUNGEST_RECORD;
  const known = snapshots.filter(({ taken_at }) => Date.parse(taken_at) <= latest);
  const told = known.length === 0 ? snapshots.slice(0, 1) : known;
  return told.map(({ taken_at, providers }, index) => ({ from: index === 0 ? null : Date.parse(taken_at), providers }));
}

/** Grants and quotas from an instant on. */
export interface KeptAccess {
  from: Date;
  access: GatewayAccess;
}

/** Grants and quotas over time; the first known ones also apply to the time before them. */
export function accessByTime(snapshots: readonly GatewaySnapshot[]): KeptAccess[] {
  return snapshots.flatMap(({ taken_at, access }) => (access === undefined ? [] : [{ from: new Date(taken_at), access }]));
}

/** The grants and quotas at a time; null where they are unknown. */
export function accessAt(snapshots: readonly GatewaySnapshot[], time: Date): GatewayAccess | null {
  const known = accessByTime(snapshots);
  return (known.findLast(({ from }) => from <= time) ?? known[0])?.access ?? null;
}

function snapshotAt(snapshots: readonly GatewaySnapshot[], time: Date): GatewaySnapshot | undefined {
  return snapshots.findLast(({ taken_at }) => new Date(taken_at) <= time) ?? snapshots[0];
}
