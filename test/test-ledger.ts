import { changeLedger, type LedgerChanges } from "./change-ledger.ts";
import { runOnce } from "../src/run/run-once.ts";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ledger } from "../src/open/ledger.ts";
import { parseGatewayProviders } from "../src/aperture/gateway/gateway-config.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { FsStore } from "../src/storage/fs/fs-store.ts";
import type { DimensionHeaders } from "../src/ingest/normaliser/normalise.ts";
import { copyBuilt, type Recipe } from "./built-lakes.ts";
import { fixture } from "./fixtures.ts";
import { afterEachFile, afterEachTest } from "./tidy-up.ts";
import { plainLedger } from "./plain-ledger.ts";

export const DIMENSIONS: DimensionHeaders = new Map([["repo", "X-Github-Repository"]]);

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
/** Folders of the lakes that the test's ledgers are over, each with that of its archive, which may be in no folder. */
const lakes = new Map<string, string | null>();
let whyIncoherent: string | undefined;

/** To be called by a test that leaves a lake which contradicts itself: because it was tampered with, or its writer was killed. */
export function mayBeIncoherent(why: string): void {
  whyIncoherent = why;
}

/** Those that have to be coherent when the test has ended. */
export function lakesToAsk(): ReadonlyMap<string, string | null> {
  return whyIncoherent === undefined ? lakes : new Map();
}

afterEachTest(() => {
  whyIncoherent = undefined;
  lakes.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderOf({ url }: ObjectStore): string | null {
  return url.startsWith("file:") ? fileURLToPath(url) : null;
}

/** A ledger on the given stores, with the fixture's gateway if the fixture is there; later changes override earlier ones. */
export function testLedger(source: ObjectStore, lake: ObjectStore, ...changes: readonly LedgerChanges[]): Ledger {
  const config = readGatewayFixture();
  const gateway = config === undefined ? [] : [{ from: null, providers: parseGatewayProviders(config, "aperture-config.hujson") }];
  const rules = { normalisingAt: (instance: string) => ({ instance, gateway, dimensions: DIMENSIONS }) };
  const work = { clock: () => new Date("2026-10-31T12:00:00Z") };
  const ledger = changeLedger(plainLedger(source, lake), { rules, work }, ...changes);
  const folder = folderOf(ledger.stores.lake);
  if (folder !== null) lakes.set(folder, folderOf(ledger.stores.archive));
  return ledger;
}

function readGatewayFixture(): string | undefined {
  const file = fixture("aperture-config.hujson");
  return file === undefined ? undefined : readFileSync(file, "utf8");
}

/** A source of its own that the given files are copied into. */
export async function sourceOf(files: readonly string[], name: (file: string) => string = basename): Promise<FsStore> {
  const folder = temporaryFolder();
  await addToSource(folder, files, name);
  return new FsStore(folder);
}

export async function addToSource(
  folder: string,
  files: readonly string[],
  name: (file: string) => string = basename,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(file, join(folder, name(file)));
}

/** Paths of the export files of a fixture set, in order of name. */
export function exportFiles(set: string): string[] {
  const folder = fixture(set);
  if (folder === undefined) throw new Error(`no fixture ${set}`);
  return exportsIn(folder);
}

/** The same of any folder. */
export function exportsIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".cbor.zstd"));
  return names.toSorted().map((name) => join(folder, name));
}

/** SHA-256 of every object of the public tables, by key: equal exactly when the tables are equal to the byte. */
export async function tableDigests(lake: ObjectStore, prefixes: readonly string[] = ["usage/", "rollups/", "allocations/"]): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const prefix of prefixes) {
    for await (const { key } of lake.list(prefix)) {
      digests[key] = createHash("sha256").update(await lake.read(key)).digest("hex");
    }
  }
  return digests;
}

/** Of a ledger that had all the exports from the beginning. */
export async function digestsOfOneRun(files: readonly string[]): Promise<Record<string, string>> {
  return await tableDigests(new FsStore(await ingestedLake(files)));
}

/** Folder of a lake into which one run brought these exports: a copy, which is the test's own. */
export async function ingestedLake(files: readonly string[], changes: BuildChanges = {}): Promise<string> {
  const folder = temporaryFolder();
  await copyBuilt(lakeOf(files, changes), folder);
  return folder;
}

/**
 * A folder that is made once for a test file, by the first test that needs it; each call resolves to a copy, which is the
 * test's own. For what is quick to copy and only this file's: a lake that was signed with a key of its own, or is closed.
 */
export function madeOnce(make: (folder: string) => Promise<void>): () => Promise<string> {
  let made: Promise<string> | undefined;
  const makeIt = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
    forgetAfterFile.push(async () => {
      made = undefined;
      await rm(folder, { recursive: true, force: true });
    });
    await make(folder);
    return folder;
  };
  return async () => {
    const folder = temporaryFolder();
    await cp(await (made ??= makeIt()), folder, { recursive: true, preserveTimestamps: true });
    return folder;
  };
}

const forgetAfterFile: (() => Promise<void>)[] = [];
afterEachFile(async () => {
  for (const forget of forgetAfterFile.splice(0)) await forget();
});

/** Of the ledger that builds a lake: its name says what they are, with every value in it that a test chooses. */
interface BuildChanges {
  name?: string;
  changes?: LedgerChanges;
}

/** Builds a lake by one run over these exports, with their names as they are. */
export function lakeOf(files: readonly string[], { name = "plain", changes = {} }: BuildChanges = {}): Recipe {
  return {
    name: `one run: ${name}`,
    inputs: [...files.flatMap((file) => [basename(file), readFileSync(file)]), readGatewayFixture() ?? ""],
    build: async (lake) => {
      const source = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
      try {
        await addToSource(source, files);
        await runOnce(testLedger(new FsStore(source), new FsStore(lake), changes));
      } finally {
        await rm(source, { recursive: true });
      }
    },
  };
}
