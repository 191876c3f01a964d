import pMap from "p-map";
import type { ObjectStore } from "../storage/object-store.ts";
import { type AllocationInput, type AllocationManifest, allocationManifest } from "./allocation-manifest.ts";
import type { DayManifest } from "./day-manifest.ts";
import { readDerived, type Unreadable } from "./json-object.ts";
import { ALLOCATION_MANIFESTS, ALLOCATIONS, CLOSES, layout } from "./layout.ts";
import { listEtags } from "./ledger-state.ts";

/** What the lake holds of all months' allocations. */
export interface AllocationState {
  /** By month. */
  manifests: ReadonlyMap<string, AllocationManifest>;
  /** ETags of the tables there are, by key. */
  etags: ReadonlyMap<string, string>;
  /** Months that are closed: nothing of them changes any more. */
  closed: ReadonlySet<string>;
  /** Manifests that cannot be read: their months are allocated again. */
  unreadable: readonly Unreadable[];
}

const READS_AT_ONCE = 16;

/** One listing for each of three prefixes and one read a month. */
export async function loadAllocationState(store: ObjectStore): Promise<AllocationState> {
  const [manifestKeys, etags, closes] = await Promise.all([ALLOCATION_MANIFESTS, ALLOCATIONS, CLOSES].map((prefix) => listEtags(store, prefix)));
  const unreadable: Unreadable[] = [];
  const manifests = await pMap(manifestKeys?.keys() ?? [], (key) => readDerived(store, key, allocationManifest, (one) => void unreadable.push(one)), { concurrency: READS_AT_ONCE });
  return {
    unreadable,
    manifests: new Map(manifests.filter((manifest) => manifest !== undefined).map((manifest) => [manifest.month, manifest])),
    etags: etags ?? new Map<string, string>(),
    closed: new Set([...(closes?.keys() ?? [])].map((key) => key.slice(CLOSES.length, -".json".length))),
  };
}

/** The same for one month. */
export async function loadMonthState(store: ObjectStore, month: string): Promise<AllocationState> {
  const [manifest, table, close] = await Promise.all([layout.allocationManifest(month), layout.allocations(month), layout.close(month)].map((key) => store.head(key)));
  const unreadable: Unreadable[] = [];
  const read = manifest === undefined ? undefined : await readDerived(store, manifest.key, allocationManifest, (one) => void unreadable.push(one));
  return {
    unreadable,
    manifests: new Map(read === undefined ? [] : [[month, read]]),
    etags: new Map(table === undefined ? [] : [[table.key, table.etag]]),
    closed: new Set(close === undefined ? [] : [month]),
  };
}

/** The inputs of a month's allocations among the days that are built. */
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

/** Whether a month has the table that its manifest vouches for. */
export function isTableThere({ manifests, etags }: AllocationState, month: string): boolean {
  const built = manifests.get(month);
  return built !== undefined && etags.get(built.allocations.key) === built.allocations.etag;
}
