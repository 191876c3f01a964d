import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { FsPlace, Place } from "./place.ts";
import { serverOf } from "./place.ts";
import { endpointOfEnvironment } from "./s3/s3-endpoint.ts";
import { regionOfEnvironment } from "./s3/s3-region.ts";
import { parseLocation, type StoreLocation } from "./store-location.ts";

/**
 * The place that a location refers to. In a file system links are followed, and a directory is identified by its device and
 * inode. No server is asked.
 * @param folder below the location. Throws `url_invalid`.
 */
export async function findPlace(location: StoreLocation, folder = ""): Promise<Place> {
  // Opening the lake refuses prefixes that a lake may not have; here the prefix is only compared.
  const parsed = parseLocation(location, "foreign");
  switch (parsed.kind) {
    case "fs":
      return await findDirectory(join(parsed.directory, folder));
    case "s3": {
      const { bucket, prefix } = parsed;
      const endpoint = parsed.endpoint ?? endpointOfEnvironment();
      const region = parsed.region ?? (endpoint === undefined ? await regionOfEnvironment() : undefined);
      return { kind: "s3", server: serverOf(endpoint, bucket, region), bucket, prefix: [prefix, folder].filter((part) => part !== "").join("/") };
    }
    default:
      return parsed satisfies never;
  }
}

/** Works for a file too: its directories contain it as they contain a directory. */
export async function findDirectory(directory: string): Promise<FsPlace> {
  const { real, missing } = await realDirectory(directory);
  const directories: string[] = [];
  for (const path of pathsDownTo(real)) directories.push(await identityOf(path));
  for (const name of missing) directories.push(`${directories.at(-1) ?? ""}/${name}`);
  return { kind: "fs", directories };
}

/** The longest part of a path that exists, and the remaining names, which are compared as written. */
async function realDirectory(directory: string): Promise<{ real: string; missing: string[] }> {
  for (let path = directory; ; path = dirname(path)) {
    const real = await realpath(path).catch(() => undefined);
    // A place that cannot be read is compared by its name, like a place that does not exist.
    if (real === undefined && path !== dirname(path)) continue;
    return { real: real ?? path, missing: relative(path, directory).split(sep).filter((name) => name !== "") };
  }
}

function pathsDownTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...pathsDownTo(parent), path];
}

async function identityOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  // Some network file systems have no inodes.
  return stats === undefined || stats.ino === 0n ? path : `${String(stats.dev)}:${String(stats.ino)}`;
}
