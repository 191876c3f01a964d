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
  /** From the first moment of that day on the policy was like this. */
  date: z.iso.date(),
  groups: lists,
  tagOwners: lists,
  /** Grants that concern the gateway; absent where the policy has no such grant. */
  grants: z.array(keptGrant).optional(),
});
/** What the tailnet policy said of groups, tags and the gateway from a day on. Kept in the lake: an old month has the directory of its time. */
export type PolicySnapshot = z.infer<typeof snapshot>;

/** In order of date. */
export async function loadPolicySnapshots(store: ObjectStore): Promise<PolicySnapshot[]> {
  const snapshots: PolicySnapshot[] = [];
  for await (const { key } of store.list(POLICY_SNAPSHOTS)) snapshots.push(await readPlaced(store, key, snapshot, ({ date }) => layout.policySnapshot(date)));
  return snapshots.sort((a, b) => (a.date < b.date ? -1 : 1));
}

/**
 * The snapshots with the policy of today among them; written only if it is another than the one in force. Of two policies of
 * one day the later stands for all of it.
 * @param today `YYYY-MM-DD`
 */
export async function keepPolicySnapshot(
  store: ObjectStore,
  snapshots: readonly PolicySnapshot[],
  { groups, tagOwners, grants = [] }: TailnetPolicy & { grants?: readonly AccessGrant[] },
  today: string,
): Promise<PolicySnapshot[]> {
  const inForce = snapshots.filter(({ date }) => date <= today).at(-1);
  const taken = snapshot.parse({ format: 1, date: today, groups, tagOwners, ...(grants.length === 0 ? {} : { grants }) });
  if (inForce !== undefined && describe(inForce) === describe(taken)) return [...snapshots];
  // Every name begins with group: or tag:, so an object keeps their order; and older versions read it.
  await replaceJson(store, layout.policySnapshot(today), replaceMaps(taken, Object.fromEntries));
  return [...snapshots.filter(({ date }) => date !== today), taken].sort((a, b) => (a.date < b.date ? -1 : 1));
}

/** The order of groups is the order of their teams, so it counts. */
function describe({ groups, tagOwners, grants = [] }: PolicySnapshot): string {
  return JSON.stringify([[...groups], [...tagOwners], grants]);
}
