import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Inputs are written once and kept for the next bench; the folder may be deleted at any time. */
export const CACHE = join(tmpdir(), "aperture-ledger-bench");

/** A folder of the cache, filled once; what `fill` resolves to is kept beside it. */
export async function cached(name: string, fill: (empty: string) => Promise<unknown>): Promise<{ path: string; described: unknown }> {
  const path = join(CACHE, name);
  const description = `${path}.json`;
  if (!existsSync(description)) {
    const empty = `${path}.${process.pid}`;
    rmSync(path, { recursive: true, force: true });
    mkdirSync(empty, { recursive: true });
    try {
      const described = JSON.stringify(await fill(empty));
      renameSync(empty, path);
      writeFileSync(description, described);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  }
  return { path, described: JSON.parse(readFileSync(description, "utf8")) };
}

/** A short text that differs where the values do. */
export function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
