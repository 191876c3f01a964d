import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findDirectory } from "./find-place.ts";
import type { Place } from "./place.ts";
import { parseLocation, type StoreLocation } from "./store-location.ts";

/** A symbolic link below a location, which its listing follows. */
export interface FoundLink {
  /** From the location on. */
  path: string;
  place: Place;
}

/** As many folders are looked into, those further up first: this is asked at each start. */
const MOST_FOLDERS = 100;

/** Where the links lead that lie in a location's own folders. Nothing of a bucket is one. Throws `url_invalid`. */
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

/** What cannot be looked at is said where it is listed. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
