import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type AllocationInput, type AllocationManifest, allocationManifest } from "./allocation-manifest.ts";
import type { DayManifest } from "../days/day-manifest.ts";
import { readDerived, replaceJson, type Unreadable } from "../json-object.ts";
import { ALLOCATION_MANIFESTS, ALLOCATIONS, CLOSES, layout } from "../layout.ts";
import { listEtags, listObjects } from "../ledger-state.ts";
import { withEtag } from "../note-restored.ts";
import { findRestored, type ListedObject } from "../same-bytes.ts";

/** The state of all months' allocations in the lake. */
export interface AllocationState {
  /** By month. */
  manifests: ReadonlyMap<string, AllocationManifest>;
  /** ETags of the existing tables, by key. For a table with the bytes but not the ETag of its manifest, this is the manifest's ETag. */
  etags: ReadonlyMap<string, string>;
  /** By key, only for tables with the bytes but not the ETag of their manifest, as in a copied or restored lake: the store's current ETag. */
  restored: ReadonlyMap<string, string>;
  /** Closed months: their allocations no longer change. */
  closed: ReadonlySet<string>;
  /** Manifests that cannot be read: their months are allocated again. */
  unreadable: readonly Unreadable[];
}

/** One listing for each of three prefixes and one read a month. */
export async function loadAllocationState(store: ObjectStore): Promise<AllocationState> {
  const [manifestKeys, tables, closes] = await Promise.all([listEtags(store, ALLOCATION_MANIFESTS), listObjects(store, ALLOCATIONS), listEtags(store, CLOSES)]);
  const unreadable: Unreadable[] = [];
  const read = await pMap(manifestKeys.keys(), (key) => readDerived(store, key, allocationManifest, (one) => void unreadable.push(one)), { concurrency: READS_AT_ONCE });
  const manifests = read.filter((manifest) => manifest !== undefined);
  return {
    unreadable,
    manifests: new Map(manifests.map((manifest) => [manifest.month, manifest])),
    ...(await compareTables(store, tables, manifests)),
    closed: new Set([...closes.keys()].map((key) => key.slice(CLOSES.length, -".json".length))),
  };
}

/** Loads the state of the allocations of one month. */
export async function loadMonthState(store: ObjectStore, month: string): Promise<AllocationState> {
  const [manifest, table, close] = await Promise.all([layout.allocationManifest(month), layout.allocations(month), layout.close(month)].map((key) => store.head(key)));
  const unreadable: Unreadable[] = [];
  const read = manifest === undefined ? undefined : await readDerived(store, manifest.key, allocationManifest, (one) => void unreadable.push(one));
  return {
    unreadable,
    manifests: new Map(read === undefined ? [] : [[month, read]]),
    ...(await compareTables(store, new Map(table === undefined ? [] : [[table.key, table]]), read === undefined ? [] : [read])),
    closed: new Set(close === undefined ? [] : [month]),
  };
}

/** Notes the new ETags of copied or restored tables, so that they are not read again. */
export async function noteRestoredTables(store: ObjectStore, { manifests, restored }: AllocationState): Promise<void> {
  for (const manifest of manifests.values()) {
    if (!restored.has(manifest.allocations.key)) continue;
    await replaceJson(store, layout.allocationManifest(manifest.month), { ...manifest, allocations: withEtag(manifest.allocations, restored) });
  }
}

async function compareTables(store: ObjectStore, tables: ReadonlyMap<string, ListedObject>, manifests: readonly AllocationManifest[]): Promise<Pick<AllocationState, "etags" | "restored">> {
  const written = manifests.map(({ allocations }) => allocations);
  const restored = await findRestored(store, tables, written);
  const etags = new Map([...tables].map(([key, { etag }]) => [key, etag]));
  for (const { key, etag } of written) if (restored.has(key)) etags.set(key, etag);
  return { etags, restored };
}

/** The inputs of a month's allocations among the built days. */
export function inputsOfMonth(days: Iterable<DayManifest>, dates: ReadonlySet<string>): AllocationInput[] {
  const inputs = [...days].filter(({ date }) => dates.has(date));
  return inputs.map(({ date, instance, rollups }) => ({ date, instance, sha256: rollups.sha256 })).sort(byDateAndInstance);
}

function byDateAndInstance(a: AllocationInput, b: AllocationInput): number {
  return a.date === b.date ? (a.instance < b.instance ? -1 : 1) : a.date < b.date ? -1 : 1;
}

/** @param settings digest under which the month would be allocated now. */
export function isAllocationFresh(state: AllocationState, month: string, inputs: readonly AllocationInput[], settings: string): boolean {
  const built = state.manifests.get(month);
  return built?.settings === settings && isTableThere(state, month) && JSON.stringify(built.inputs) === JSON.stringify(inputs);
}

/** Whether a month has the table that its manifest describes. */
export function isTableThere({ manifests, etags }: AllocationState, month: string): boolean {
  const built = manifests.get(month);
  return built !== undefined && etags.get(built.allocations.key) === built.allocations.etag;
}
