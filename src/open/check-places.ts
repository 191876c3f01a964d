import { visibleText } from "../ledger/text/visible-text.ts";
import { type Config, toLocation } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { ARCHIVE, OWN_FOLDERS } from "../lake/layout.ts";
import { findLinks } from "../storage/find-links.ts";
import { findPlace } from "../storage/find-place.ts";
import { type Overlap, overlapOf, type Place } from "../storage/place.ts";
import { showLocation, type StoreLocation } from "../storage/store-location.ts";

/** A store of the configuration. */
interface NamedPlace {
  /** `source prod`, `lake`, `archive`. */
  what: string;
  /** `what` and the url, without credentials. */
  name: string;
  location: StoreLocation;
  place: Place;
  /** The targets of links in a source. */
  links: readonly { name: string; place: Place }[];
}

type PlacesOfConfig = Pick<Config, "sources" | "lake" | "archive">;

/** Two stores of the configuration that share objects and must not. */
export interface FoundOverlap {
  message: string;
  remedy: string;
}

/** Throws `url_invalid` if sources, lake and archive share objects, which would be counted or archived twice. */
export async function refuseOverlaps(config: PlacesOfConfig): Promise<void> {
  const [first] = await findOverlaps(config);
  if (first !== undefined) throw new LedgerError("url_invalid", first.message, { remedy: first.remedy });
}

/** Finds every such pair. Throws `url_invalid` for a url that is not a store. */
export async function findOverlaps({ sources, lake, archive }: PlacesOfConfig): Promise<FoundOverlap[]> {
  const named = await Promise.all(sources.map(async ({ name, url, endpoint, region }) => await nameLinks(await nameAt(`source ${name}`, { url, endpoint, region }))));
  const ofLake = lake === undefined ? undefined : await nameAt("lake", toLocation(lake));
  const ofArchive = archive.url === undefined ? undefined : await nameAt("archive", toLocation(archive.url));
  const kept = [ofLake, ofArchive].filter((store) => store !== undefined);
  const found = named.flatMap((source, index) => [
    ...named.slice(index + 1).flatMap((other) => describeOverlap(source, other, "one gateway is one source: take one of them out, or give each its own bucket or folder")),
    ...kept.flatMap((store) => describeOverlap(source, store, `give the ${store.what} a bucket or folder of its own, beside the exports`)),
  ]);
  return ofLake === undefined || ofArchive === undefined ? found : [...found, ...(await findMixing(ofLake, ofArchive))];
}

async function nameAt(what: string, location: StoreLocation): Promise<NamedPlace> {
  const { url, endpoint } = location;
  return { what, name: `${what} (${showLocation(url)}${endpoint === undefined ? "" : ` at ${showLocation(endpoint)}`})`, location, place: await findPlace(location), links: [] };
}

/** Exports behind the links of a source belong to it as well. */
async function nameLinks(source: NamedPlace): Promise<NamedPlace> {
  const links = await findLinks(source.location);
  return { ...source, links: links.map(({ path, place }) => ({ name: `the link ${visibleText(path)} of ${source.name}`, place })) };
}

function describeOverlap(one: NamedPlace, other: NamedPlace, remedy: string): FoundOverlap[] {
  const overlap = overlapOf(one.place, other.place);
  if (overlap !== undefined) return [{ message: `${one.name} and ${other.name} ${SHARED[overlap]}`, remedy }];
  for (const a of [one, ...one.links]) {
    for (const b of [other, ...other.links]) {
      const shared = overlapOf(a.place, b.place);
      if (shared !== undefined) return [{ message: `${a.name} and ${b.name} ${SHARED[shared]}`, remedy: "remove the link: what it leads to would be read a second time" }];
    }
  }
  return [];
}

const SHARED: Readonly<Record<Overlap, string>> = { is: "are the same place", "lies inside": "lie inside each other", holds: "lie inside each other" };

/**
 * The copies may be in the lake, which is the default, but not in a folder of its tables; nor may the lake be among the copies. Otherwise
 * a listing would mix tables and copies.
 */
async function findMixing(lake: NamedPlace, archive: NamedPlace): Promise<FoundOverlap[]> {
  const remedy = "give the archive a bucket or folder beside the lake, or leave out archive.url: the copies are kept in the lake then";
  const among = overlapOf(lake.place, await findPlace(archive.location, ARCHIVE.slice(0, -1)));
  if (among === "is" || among === "lies inside") return [{ message: `${lake.name} lies among the copies of ${archive.name}`, remedy }];
  for (const folder of OWN_FOLDERS) {
    const overlap = overlapOf(archive.place, await findPlace(lake.location, folder));
    if (overlap === "is" || overlap === "lies inside") return [{ message: `${archive.name} lies in the folder ${folder} of ${lake.name}`, remedy }];
  }
  return [];
}
