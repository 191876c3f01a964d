import { changeLedger, type LedgerChanges } from "./change-ledger.ts";
import { runOnce } from "../src/run/run-once.ts";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach } from "vitest";
import type { Ledger } from "../src/open/ledger.ts";
import { parseGatewayProviders } from "../src/aperture/gateway/gateway-config.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { FsStore } from "../src/storage/fs/fs-store.ts";
import type { DimensionHeaders } from "../src/ingest/normaliser/normalise.ts";
import { fixture } from "./fixtures.ts";
import { plainLedger } from "./plain-ledger.ts";

export const DIMENSIONS: DimensionHeaders = new Map([["repo", "X-Github-Repository"]]);

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A ledger on the given stores, with the fixture's gateway if the fixture is there; later changes override earlier ones. */
export function testLedger(source: ObjectStore, lake: ObjectStore, ...changes: readonly LedgerChanges[]): Ledger {
  const config = fixture("aperture-config.hujson");
  const gateway = config === undefined ? [] : [{ from: null, providers: parseGatewayProviders(readFileSync(config, "utf8"), config) }];
  const rules = { normalisingAt: (instance: string) => ({ instance, gateway, dimensions: DIMENSIONS }) };
  const work = { clock: () => new Date("2026-10-31T12:00:00Z") };
  return changeLedger(plainLedger(source, lake), { rules, work }, ...changes);
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
  const lake = new FsStore(temporaryFolder());
  await runOnce(testLedger(await sourceOf(files), lake));
  return await tableDigests(lake);
}
