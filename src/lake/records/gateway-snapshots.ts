import { createHash } from "node:crypto";
import { z } from "zod";
import type { GatewayAccess } from "../../ledger/gateway/gateway-access.ts";
import type { GatewayProviders, ProviderHistory } from "../../ledger/gateway/gateway-providers.ts";
import { YOUNGEST_RECORD } from "../../ledger/usage/recorded-request.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { describeAccess, keptAccess } from "./kept-access.ts";
import { jsonBytes, readPlaced } from "../json-object.ts";
import { GATEWAY_SNAPSHOTS, layout } from "../layout.ts";

/** Increase it when the ledger keeps more of a configuration: ETags of earlier readings then no longer count. */
const READING = 1;

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
  /** The ETag for the next request to the gateway. It counts if this version reads as much of a configuration as `reading` did. */
  etag: z.object({ value: z.string(), reading: z.int() }).optional(),
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
  /** The ETag of the gateway's answer; undefined for an answer without an ETag. */
  etag?: string | undefined;
}

/** The ETag of the configuration in force; undefined without an ETag, or if the version that stored it kept less than this version. */
export function etagInForce(snapshots: readonly GatewaySnapshot[], now: Date): string | undefined {
  const { etag } = snapshotAt(snapshots, now) ?? {};
  return etag?.reading === READING ? etag.value : undefined;
}

/** A gateway's snapshots with its current configuration, which is only written if it differs from the one in force. */
export async function keepGatewaySnapshot(
  store: ObjectStore,
  instance: string,
  snapshots: readonly GatewaySnapshot[],
  { providers, access, etag }: GatewayConfig,
  now: Date,
): Promise<readonly GatewaySnapshot[]> {
  const inForce = snapshotAt(snapshots, now);
  if (inForce !== undefined && describe(inForce) === describe({ providers, access })) return snapshots;
  const written = { format: 1, taken_at: now.toISOString(), providers, access: describeAccess(access), ...(etag === undefined ? {} : { etag: { value: etag, reading: READING } }) };
  const taken = snapshot.parse(written);
  await store.replace(layout.gatewaySnapshot(instance, now), jsonBytes({ ...taken, access: written.access }));
  return [...snapshots, taken].sort(byTime);
}

interface DescribedConfig {
  providers: GatewayProviders;
  access?: GatewayAccess | undefined;
}

function describe({ providers, access }: DescribedConfig): string {
  return JSON.stringify([providers, access && describeAccess(access)]);
}

/** SHA-256 of the stored part of a configuration. Two configurations with the same SHA-256 have the same effect. */
export function digestGateway(config: DescribedConfig): string {
  return createHash("sha256").update(describe(config)).digest("hex");
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
  return judgingSnapshot(snapshots, time)?.access ?? null;
}

/** The snapshot whose grants and quotas are in force at a time; undefined where no snapshot has any. */
export function judgingSnapshot(snapshots: readonly GatewaySnapshot[], time: Date): GatewaySnapshot | undefined {
  return snapshotAt(snapshots.filter(({ access }) => access !== undefined), time);
}

function snapshotAt(snapshots: readonly GatewaySnapshot[], time: Date): GatewaySnapshot | undefined {
  return snapshots.findLast(({ taken_at }) => new Date(taken_at) <= time) ?? snapshots[0];
}
