import { createHash } from "node:crypto";
import { z } from "zod";
import { CATALOGUE_RATES, CATALOGUE_SOURCES, type CataloguePrice, type CatalogueProvider, type CatalogueRates, type GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";
import { dollarsText } from "../../ledger/dollars.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { keptMap } from "../../ledger/names/written-map.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { readPlaced } from "../json-object.ts";
import { CATALOGUES, layout, parseCatalogueKey } from "../layout.ts";
import { RecentlyRead } from "./recently-read.ts";

/** Increase it when the ledger reads more of a catalogue: ETags of earlier readings then no longer count. */
const READING = 1;

/** A catalogue takes three megabytes of memory. A month in which prices change daily fits; what is read again takes hundredths of a second. */
const MOST_IN_MEMORY = 32;

const rates = z.partialRecord(z.enum(CATALOGUE_RATES), dollarsText);
const rule = z.object({ match: z.string(), as: z.string(), adjustment: z.number() });
const provider = z.object({ costBasis: z.string().optional(), modelCostMap: z.array(rule) });
const snapshot = z.object({
  format: z.literal(1),
  taken_at: z.iso.datetime(),
  /** Null for a first snapshot before which no month was closed. */
  applies_from: z.iso.datetime().nullable(),
  id: z.string(),
  source: z.enum(CATALOGUE_SOURCES),
  etag: z.object({ value: z.string(), reading: z.int() }).optional(),
  providers: keptMap(provider),
  /** Each distinct price once: most models have the same price under several cost bases. */
  prices: z.array(z.object({ since: z.iso.datetime(), rates, modes: keptMap(rates) })),
  /** Cost basis → model → place of its price in the list. */
  bases: z.array(z.tuple([z.string(), z.custom<[model: string, place: number][]>(arePlaces, "not pairs of a model and a place")])),
});

/** Checks tens of thousands of pairs, for which a schema would take a second. */
function arePlaces(value: unknown): boolean {
  return Array.isArray(value) && value.every((pair: unknown) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && Number.isSafeInteger(pair[1]));
}

/** A price, and the time since when the kept catalogues have had it. */
type KeptPrice = CataloguePrice & { since: string };

/** The prices a gateway calculated with, as the lake keeps them. */
interface KeptCatalogue extends GatewayCatalogue {
  takenAt: Date;
  prices: ReadonlyMap<string, ReadonlyMap<string, KeptPrice>>;
  /** The ETag of this content, for the next request to the gateway; undefined if it must not be sent. */
  etag: string | undefined;
}

/** A kept catalogue, which is read when it is needed: a ledger has one for each time that a price changed in years. */
export interface CatalogueSnapshot {
  /** Milliseconds since 1970; -Infinity: always. A catalogue ends at the start of the next one. */
  start: number;
  /** Identifies the content; equal for equal prices. */
  id: string;
  read: () => Promise<KeptCatalogue>;
}

/** Snapshots by gateway, each list in order of time. */
export type CatalogueSnapshots = ReadonlyMap<string, readonly CatalogueSnapshot[]>;

/** Lists the kept catalogues without reading them. */
export async function loadCatalogues(store: ObjectStore): Promise<CatalogueSnapshots> {
  const snapshots = new Map<string, CatalogueSnapshot[]>();
  const recent = new RecentlyRead<KeptCatalogue>(MOST_IN_MEMORY);
  for await (const { key } of store.list(CATALOGUES)) {
    const named = parseCatalogueKey(key);
    if (named === undefined) throw new LedgerError("manifest_unreadable", `${store.url}/${key} is not a price catalogue of the ledger`, { remedy: "find out who wrote it, and remove it" });
    snapshots.set(named.instance, [...(snapshots.get(named.instance) ?? []), describeSnapshot(store, key, named, recent)]);
  }
  return new Map([...snapshots].map(([instance, all]) => [instance, all.sort(byStart)]));
}

/**
 * A gateway's snapshots with its current catalogue, which is only written if it differs from the last one.
 * @param closedUntil finds the end of the last closed month: prices of a first catalogue are assumed for the time before it, but not for
 * months that were closed without them
 */
export async function keepCatalogue(
  store: ObjectStore,
  instance: string,
  snapshots: readonly CatalogueSnapshot[],
  { catalogue, etag }: { catalogue: GatewayCatalogue; etag: string | undefined },
  { now, closedUntil }: { now: Date; closedUntil: () => Promise<Date | null> },
): Promise<readonly CatalogueSnapshot[]> {
  const id = idOf(catalogue);
  const last = snapshots.at(-1);
  if (last?.id === id) return snapshots;
  const from = last === undefined ? await closedUntil() : now;
  const key = layout.catalogue(instance, from, id);
  const { prices, bases } = shareEqual(catalogue, await last?.read(), now);
  const kept: z.input<typeof snapshot> = {
    format: 1,
    taken_at: now.toISOString(),
    applies_from: from?.toISOString() ?? null,
    id,
    source: catalogue.source,
    ...(etag === undefined ? {} : { etag: { value: etag, reading: READING } }),
    providers: [...catalogue.providers].map(([name, { costBasis, modelCostMap }]) => [name, { ...(costBasis === undefined ? {} : { costBasis }), modelCostMap: [...modelCostMap] }]),
    prices,
    bases,
  };
  // On one line: indented, a catalogue of all models under all cost bases would be four times as large.
  await store.replace(key, Buffer.from(`${JSON.stringify(kept)}\n`));
  return [...snapshots, describeSnapshot(store, key, { instance, from, id }, new RecentlyRead(1))].sort(byStart);
}

function describeSnapshot(store: ObjectStore, key: string, { instance, from, id }: { instance: string; from: Date | null; id: string }, recent: RecentlyRead<KeptCatalogue>): CatalogueSnapshot {
  return { start: from?.getTime() ?? Number.NEGATIVE_INFINITY, id, read: async () => await recent.get(key, async () => await readCatalogue(store, key, instance)) };
}

async function readCatalogue(store: ObjectStore, key: string, instance: string): Promise<KeptCatalogue> {
  const { taken_at: takenAt, id, source, etag, providers, prices, bases } = await readPlaced(store, key, snapshot, (read) => layout.catalogue(instance, read.applies_from === null ? null : new Date(read.applies_from), read.id));
  const priceAt = (place: number): KeptPrice => {
    const found = prices[place];
    if (found === undefined) throw new LedgerError("manifest_unreadable", `${store.url}/${key} names a price that it does not have`, { remedy: "restore it from a backup" });
    return found;
  };
  const named = new Map([...bases].map(([basis, models]) => [basis, new Map([...models].map(([model, place]) => [model, priceAt(place)]))]));
  if (idOf({ source, providers, prices: named }) !== id) throw new LedgerError("manifest_unreadable", `${store.url}/${key} has a different content than its name says`, { remedy: "restore it from a backup" });
  return { source, providers, prices: named, takenAt: new Date(takenAt), etag: etag?.reading === READING ? etag.value : undefined };
}

/** A price that is also in the last catalogue keeps its `since`. */
function shareEqual(catalogue: GatewayCatalogue, last: KeptCatalogue | undefined, now: Date): Pick<z.input<typeof snapshot>, "prices" | "bases"> {
  const places = new Map<string, number>();
  const prices: z.input<typeof snapshot>["prices"] = [];
  const bases = [...catalogue.prices].map(([basis, models]): [string, [string, number][]] => [
    basis,
    [...models].map(([model, price]): [string, number] => {
      const before = last?.prices.get(basis)?.get(model);
      const written = describePrice(price);
      const since = before !== undefined && JSON.stringify(describePrice(before)) === JSON.stringify(written) ? before.since : now.toISOString();
      const name = JSON.stringify([since, written]);
      const place = places.get(name) ?? prices.push({ since, ...written }) - 1;
      places.set(name, place);
      return [model, place];
    }),
  ]);
  return { prices, bases };
}

function describePrice({ rates: written, modes }: CataloguePrice): { rates: z.input<typeof rates>; modes: [string, z.input<typeof rates>][] } {
  return { rates: orderRates(written), modes: [...modes].map(([name, own]) => [name, orderRates(own)]) };
}

function orderRates(written: CatalogueRates): z.input<typeof rates> {
  return Object.fromEntries(CATALOGUE_RATES.flatMap((rate) => (written[rate] === undefined ? [] : [[rate, written[rate]]])));
}

function idOf({ source, providers, prices }: GatewayCatalogue): string {
  // Kept models share their prices, so that each price is described once.
  const known = new Map<CataloguePrice, string>();
  const describeOnce = (price: CataloguePrice): string => {
    const written = known.get(price) ?? JSON.stringify(describePrice(price));
    known.set(price, written);
    return written;
  };
  const described = [source, [...providers].map(([name, one]) => [name, describeProvider(one)]), [...prices].map(([basis, models]) => [basis, [...models].map(([model, price]) => [model, describeOnce(price)])])];
  return createHash("sha256").update(JSON.stringify(described)).digest("hex").slice(0, 16);
}

function describeProvider({ costBasis, modelCostMap }: CatalogueProvider): unknown {
  return [costBasis ?? null, modelCostMap.map(({ match, as, adjustment }) => [match, as, adjustment])];
}

function byStart(a: CatalogueSnapshot, b: CatalogueSnapshot): number {
  // -Infinity minus itself is NaN.
  return a.start === b.start ? 0 : a.start - b.start;
}
