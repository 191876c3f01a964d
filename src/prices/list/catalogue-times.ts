import type { CataloguePrice, GatewayCatalogue } from "../../ledger/gateway/gateway-catalogue.ts";

/** A gateway's prices, each with the time from which the ledger knows it. */
interface KnownCatalogue extends GatewayCatalogue {
  takenAt: Date;
  prices: ReadonlyMap<string, ReadonlyMap<string, CataloguePrice & { since: string }>>;
}

/** A gateway's prices from a given time on. They are read only when they are needed. */
export interface CatalogueTime {
  /** Milliseconds since 1970; -Infinity: always. */
  start: number;
  /** Identifies the content. */
  id: string;
  read: () => Promise<KnownCatalogue>;
}

export interface CatalogueInForce {
  start: number;
  catalogue: KnownCatalogue;
  /** True for the time before the first reading: the first prices are assumed for it. */
  isAssumed: boolean;
}

/** The catalogues in force at some time from `from` on and before `to`. */
export function cataloguesWithin(times: readonly CatalogueTime[], from: number, to: number): CatalogueTime[] {
  const first = times.findLastIndex(({ start }) => start <= from);
  return times.slice(Math.max(first, 0)).filter(({ start }) => start < to);
}

/** Reads the catalogues in force at some time of a span. The first one is divided at the time of its reading: before that its prices are assumed. */
export async function readCatalogues(times: readonly CatalogueTime[], from: number, to: number): Promise<CatalogueInForce[]> {
  const read: CatalogueInForce[] = [];
  for (const time of cataloguesWithin(times, from, to)) {
    const catalogue = await time.read();
    const known = catalogue.takenAt.getTime();
    if (known > time.start) read.push({ start: time.start, catalogue, isAssumed: true });
    if (known < to) read.push({ start: known, catalogue, isAssumed: false });
  }
  return read;
}
