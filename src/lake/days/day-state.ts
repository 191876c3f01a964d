import pMap from "p-map";
import { READS_AT_ONCE } from "../../storage/reads-at-once.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { type DayInput, type DayManifest, dayManifest } from "./day-manifest.ts";
import type { PricingOf } from "./day-pricing.ts";
import { exportManifest } from "../landing/export-manifest.ts";
import { readDerived, readJson } from "../json-object.ts";
import { layout, stemOfLanding } from "../layout.ts";
import { listEtags, summarise } from "../ledger-state.ts";
import { type Day, isDayFresh } from "./stale.ts";

/**
 * The current state of one day of one gateway, without reading the rest of the ledger; undefined when it is fresh or does not
 * exist.
 * An export that is being ingested belongs to the day once its manifest is written.
 * @param day with its known inputs, so that an input whose landing file has vanished is not left out.
 */
export async function findDayStale(
  store: ObjectStore,
  { date, instance, inputs: known = [] }: Pick<Day, "date" | "instance"> & { inputs?: readonly DayInput[] },
  pricingOf: PricingOf,
): Promise<Day | undefined> {
  const tables = await Promise.all([layout.usage(date, instance), layout.rollups(date, instance), layout.tools(date, instance)].map((key) => etagOf(store, key)));
  const landing = await listEtags(store, layout.landing(date, instance, "").replace(/\.parquet$/, ""));
  const built = await readBuilt(store, date, instance);
  const stems = new Set([
    ...[...landing.keys()].map((key) => stemOfLanding(key, date, instance)),
    ...[...known, ...(built?.inputs ?? [])].map((input) => input.export.stem),
  ]);
  const inputs = await pMap([...stems], (stem) => readInput(store, { date, instance, stem }), { concurrency: READS_AT_ONCE });
  if (inputs.length === 0 && built === undefined && tables.flat().length === 0) return undefined;
  const day: Day = { date, instance, inputs: inputs.flat().sort(byKey), built };
  return isDayFresh(day, new Map([...landing, ...tables.flat()]), pricingOf) ? undefined : day;
}

async function etagOf(store: ObjectStore, key: string): Promise<[string, string][]> {
  const entry = await store.head(key);
  return entry === undefined ? [] : [[key, entry.etag]];
}

async function readBuilt(store: ObjectStore, date: string, instance: string): Promise<DayManifest | undefined> {
  const key = layout.dayManifest(date, instance);
  return (await store.head(key)) === undefined ? undefined : await readDerived(store, key, dayManifest);
}

/** The ETag is read first: if the manifest changes in between, the next look at the day finds that it differs. */
async function readInput(store: ObjectStore, { date, instance, stem }: { date: string; instance: string; stem: string }): Promise<DayInput[]> {
  const key = layout.exportManifest(instance, stem);
  const entry = await store.head(key);
  if (entry === undefined) return [];
  const { instance: _, landing, ...summary } = summarise(await readJson(store, key, exportManifest), key, entry.etag);
  return landing.flatMap(({ date: landed, ...table }) => (landed === date ? [{ export: summary, landing: table }] : []));
}

function byKey(a: DayInput, b: DayInput): number {
  return a.landing.key < b.landing.key ? -1 : 1;
}
