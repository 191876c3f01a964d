import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const SHARED_MEMORY = "/dev/shm";
/** `f_type` of a tmpfs, as statfs(2) of Linux names it. */
const TMPFS = 0x01021994;
const PREFIX = "aperture-ledger-tests-";
const LEAST_BYTES = 8 * 2 ** 30;

/**
 * Has temporary files made in memory where there is room for the largest tests: they wait for no disk. To be called before
 * anything asks where temporary files go; a `TMPDIR` that is set stays.
 */
export function keepTemporaryFilesInMemory(): void {
  if (process.env["TMPDIR"] !== undefined || !existsSync(SHARED_MEMORY)) return;
  removeLeftBehind();
  const { type, bavail, bsize } = statfsSync(SHARED_MEMORY);
  if (type !== TMPFS || bavail * bsize < LEAST_BYTES) return;
  const folder = join(SHARED_MEMORY, `${PREFIX}${String(process.pid)}`);
  // Tests that run as another user pass through it, as they pass through /tmp.
  mkdirSync(folder, { mode: 0o711 });
  process.env["TMPDIR"] = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}

/** A run that was killed removes nothing, and what it left takes memory. */
function removeLeftBehind(): void {
  for (const name of readdirSync(SHARED_MEMORY)) {
    if (name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`)) rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true });
  }
}
