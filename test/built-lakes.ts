import { createHash, type Hash } from "node:crypto";
import { constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { systemCode } from "../src/storage/fs/fs-errors.ts";

/** A lake that several tests start from. */
export interface Recipe {
  /** Says what is in it: two recipes of one name and the same inputs are the same lake. */
  name: string;
  /** Everything that decides what is in it besides the code: contents of exports, settings. */
  inputs: readonly (string | Uint8Array)[];
  /** Fills an empty folder. */
  build: (folder: string) => Promise<void>;
}

/**
 * Copies a lake into a folder, and builds it before where no test of this code has built it yet. What was built stays in the
 * temporary folder for the next run, under a digest of its inputs and of the whole source, and goes a day after its last use.
 */
export async function copyBuilt(recipe: Recipe, folder: string): Promise<void> {
  const built = await buildOnce(recipe);
  await cp(built, folder, { recursive: true, mode: constants.COPYFILE_FICLONE, preserveTimestamps: true });
}

const BUILT = join(tmpdir(), `aperture-ledger-built-lakes-${String(userInfo().uid)}`);
const DAY_MILLISECONDS = 86_400_000;

async function buildOnce(recipe: Recipe): Promise<string> {
  const built = join(BUILT, `lake-${digestOf(recipe)}`);
  const lock = `${built}.lock`;
  await mkdir(BUILT, { recursive: true, mode: 0o700 });
  while (!existsSync(built)) {
    if (!(await takeLock(lock))) {
      await setTimeout(50);
      continue;
    }
    try {
      if (!existsSync(built)) await build(recipe, built);
    } finally {
      await rm(lock, { force: true });
    }
  }
  const now = new Date();
  await utimes(built, now, now);
  return built;
}

/** Appears whole or not at all: whoever finds the folder finds a lake that was built to its end. */
async function build(recipe: Recipe, built: string): Promise<void> {
  await removeUnused();
  const draft = await mkdtemp(join(BUILT, "draft-"));
  try {
    await recipe.build(draft);
    await rename(draft, built);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Where the lock was taken for a dead process's by two at once, both build, and one is first.
    if (!existsSync(built)) throw error;
  }
}

/** The lock keeps two workers from building the same lake at once; of a worker that died it is taken over. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  const holder = Number(await readFile(lock, "utf8").catch(() => ""));
  if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(BUILT)) {
    const path = join(BUILT, name);
    const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - used > DAY_MILLISECONDS) await rm(path, { recursive: true, force: true });
  }
}

function digestOf({ name, inputs }: Recipe): string {
  const hash = createHash("sha256");
  add(hash, codeDigest());
  for (const part of [name, ...inputs]) add(hash, part);
  return hash.digest("hex").slice(0, 32);
}

/** With its length, so that no two lists of parts are one text. */
function add(hash: Hash, part: string | Uint8Array): void {
  hash.update(`${String(Buffer.byteLength(part))} `).update(part);
}

const ROOT = join(import.meta.dirname, "..");
let ofCode: string | undefined;

/** Of all that can decide what a build writes: the product, what it depends on, and the helpers of the tests. */
function codeDigest(): string {
  if (ofCode !== undefined) return ofCode;
  const hash = createHash("sha256");
  for (const part of [process.version, readFileSync(join(ROOT, "package-lock.json"))]) add(hash, part);
  for (const folder of ["src", "jobs", "test"]) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
    for (const file of files.filter((one) => one.endsWith(".ts") && !one.endsWith(".test.ts")).toSorted()) {
      for (const part of [folder, file, readFileSync(join(ROOT, folder, file))]) add(hash, part);
    }
  }
  return (ofCode = hash.digest("hex"));
}
