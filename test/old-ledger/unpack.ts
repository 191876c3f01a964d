import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";

/** Puts the objects of the lake of before into a folder. */
export function unpackLake(folder: string): void {
  const packed = JSON.parse(zstdDecompressSync(readFileSync(join(import.meta.dirname, "lake.json.zst"))).toString()) as Record<string, string>;
  for (const [key, content] of Object.entries(packed)) {
    const file = join(folder, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(content, "base64"));
  }
}
