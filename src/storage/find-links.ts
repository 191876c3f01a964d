import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findDirectory } from "./find-place.ts";
import type { Place } from "./place.ts";
import { parseLocation, type StoreLocation } from "./store-location.ts";

/** A symbolic link below a location; listings follow it. */
export interface FoundLink {
  /** Relative to the location. */
  path: string;
  place: Place;
}

/** Limit of folders to search, top folders first: every start runs this check. */
const MOST_FOLDERS = 100;

/** The targets of the links in a location's own folders. A bucket has none. Throws `url_invalid`. */
export async function findLinks(location: StoreLocation): Promise<FoundLink[]> {
  const parsed = parseLocation(location, "foreign");
  if (parsed.kind !== "fs") return [];
  const links: FoundLink[] = [];
  const folders = [""];
  for (let index = 0; index < Math.min(folders.length, MOST_FOLDERS); index++) {
    const folder = folders[index] ?? "";
    for (const entry of await entriesOf(join(parsed.directory, folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      if (entry.isSymbolicLink()) links.push({ path, place: await findDirectory(join(parsed.directory, path)) });
    }
  }
  return links;
}

/** Listing reports what cannot be read; here it is skipped. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
