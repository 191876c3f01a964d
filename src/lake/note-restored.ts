import pMap from "p-map";
import { READS_AT_ONCE } from "../storage/reads-at-once.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { dayManifest, tablesOf } from "./days/day-manifest.ts";
import { exportManifest, type WrittenObject } from "./landing/export-manifest.ts";
import { readJson, replaceJson } from "./json-object.ts";
import { type LedgerState, loadLedgerState } from "./ledger-state.ts";

/**
 * Notes the new ETags of copied or restored objects whose bytes match their manifests, so that they are not read again.
 * Resolves to the updated state. In a manifest that was replaced meanwhile only an ETag changes, never the described bytes.
 */
export async function noteRestored(store: ObjectStore, state: LedgerState): Promise<LedgerState> {
  const { restored } = state;
  if (restored.size === 0) return state;
  const isRestored = (object: { key: string } | null): boolean => object !== null && restored.has(object.key);
  const exports = [...state.exports.values()].filter(({ landing, quarantine }) => [...landing, quarantine].some(isRestored));
  await pMap(exports, ({ manifest }) => noteExport(store, manifest.key, restored), { concurrency: READS_AT_ONCE });
  const days = [...state.days].filter(([, day]) => tablesOf(day).some(isRestored));
  await pMap(days, ([key]) => noteDay(store, key, restored), { concurrency: READS_AT_ONCE });
  return await loadLedgerState(store);
}

async function noteExport(store: ObjectStore, key: string, etags: ReadonlyMap<string, string>): Promise<void> {
  const manifest = await readJson(store, key, exportManifest);
  const { landing, quarantine } = manifest;
  await replaceJson(store, key, {
    ...manifest,
    landing: landing.map((file) => withEtag(file, etags)),
    quarantine: quarantine && withEtag(quarantine, etags),
  });
}

async function noteDay(store: ObjectStore, key: string, etags: ReadonlyMap<string, string>): Promise<void> {
  const manifest = await readJson(store, key, dayManifest);
  const { usage, rollups, tools } = manifest;
  await replaceJson(store, key, { ...manifest, usage: withEtag(usage, etags), rollups: withEtag(rollups, etags), tools: tools && withEtag(tools, etags) });
}

/** The object with its ETag in the store. */
export function withEtag<Written extends WrittenObject>(object: Written, etags: ReadonlyMap<string, string>): Written {
  return { ...object, etag: etags.get(object.key) ?? object.etag };
}
