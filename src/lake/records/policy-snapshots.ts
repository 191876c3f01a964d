import { createHash } from "node:crypto";
import { z } from "zod";
import { keptMap, replaceMaps } from "../../ledger/names/written-map.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { AccessGrant } from "../../ledger/gateway/gateway-access.ts";
import type { TailnetPolicy } from "../../ledger/gateway/tailnet-policy.ts";
import { keptGrant } from "./kept-access.ts";
import { readPlaced, replaceJson } from "../json-object.ts";
import { layout, POLICY_SNAPSHOTS } from "../layout.ts";

const lists = keptMap(z.array(z.string()));
const snapshot = z.object({
  format: z.literal(1),
  /** The policy applies from the first moment of this day. */
  date: z.iso.date(),
  groups: lists,
  tagOwners: lists,
  /** Grants that concern the gateway; absent where the policy has no such grant. */
  grants: z.array(keptGrant).optional(),
});
/** Groups, tags and gateway grants of the tailnet policy from a day on. Stored in the lake, so that an old month keeps the directory of its time. */
export type PolicySnapshot = z.infer<typeof snapshot>;

/** In order of date. */
export async function loadPolicySnapshots(store: ObjectStore): Promise<PolicySnapshot[]> {
  const snapshots: PolicySnapshot[] = [];
  for await (const { key } of store.list(POLICY_SNAPSHOTS)) snapshots.push(await readPlaced(store, key, snapshot, ({ date }) => layout.policySnapshot(date)));
  return snapshots.sort((a, b) => (a.date < b.date ? -1 : 1));
}

/**
 * The snapshots with today's policy, which is only written if it differs from the one in force. Of two policies on one day, the
 * later applies to the whole day.
 * @param today `YYYY-MM-DD`
 */
export async function keepPolicySnapshot(
  store: ObjectStore,
  snapshots: readonly PolicySnapshot[],
  policy: GrantingPolicy,
  today: string,
): Promise<PolicySnapshot[]> {
  const inForce = snapshots.filter(({ date }) => date <= today).at(-1);
  const taken = takeSnapshot(policy, today);
  if (inForce !== undefined && describe(inForce) === describe(taken)) return [...snapshots];
  // Every name begins with group: or tag:, so an object keeps their order; older versions also read objects.
  await replaceJson(store, layout.policySnapshot(today), replaceMaps(taken, Object.fromEntries));
  return [...snapshots.filter(({ date }) => date !== today), taken].sort((a, b) => (a.date < b.date ? -1 : 1));
}

type GrantingPolicy = TailnetPolicy & { grants?: readonly AccessGrant[] | undefined };

function takeSnapshot({ groups, tagOwners, grants = [] }: GrantingPolicy, date: string): PolicySnapshot {
  return snapshot.parse({ format: 1, date, groups, tagOwners, ...(grants.length === 0 ? {} : { grants }) });
}

/** SHA-256 of the stored part of a policy, without its day. Two policies with the same SHA-256 have the same effect. */
export function digestPolicy(policy: GrantingPolicy): string {
  return createHash("sha256").update(describe(takeSnapshot(policy, "2020-01-01"))).digest("hex");
}

/** The order of groups matters: it is the order of their teams. */
function describe({ groups, tagOwners, grants = [] }: PolicySnapshot): string {
  return JSON.stringify([[...groups], [...tagOwners], grants]);
}
