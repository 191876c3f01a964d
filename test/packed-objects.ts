import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Objects by key. */
export type Objects = Map<string, Buffer>;

/** Whatever was read from an archive, tar included, has a time of its own: no result may depend on it. */
const UNPACKED_AT = new Date("2026-01-01T00:00:00Z");

/** All files below a folder, by their paths relative to it, in order. */
export function readObjects(folder: string): Objects {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const keys = files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, "/"));
  return new Map(keys.sort().map((key) => [key, readFileSync(join(folder, key))]));
}

/** A JSON object of key and content (Base64), compressed with zstd. */
export function packObjects(objects: Objects): Buffer {
  const content = Object.fromEntries([...objects].map(([key, bytes]) => [key, bytes.toString("base64")]));
  return zstdCompressSync(Buffer.from(JSON.stringify(content)));
}

export function unpackObjects(file: string): Objects {
  const packed = JSON.parse(zstdDecompressSync(readFileSync(file)).toString()) as Record<string, string>;
  return new Map(Object.entries(packed).map(([key, content]) => [key, Buffer.from(content, "base64")]));
}

export function writeObjects(folder: string, objects: Objects): void {
  for (const [key, bytes] of objects) {
    const file = join(folder, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    utimesSync(file, UNPACKED_AT, UNPACKED_AT);
  }
}
