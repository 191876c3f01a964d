import { runOnce } from "../src/run/run-once.ts";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import pino from "pino";
import { afterEach } from "vitest";
import { landExport } from "../src/ingest/land-export.ts";
import type { LedgerContext } from "../src/open/ledger-context.ts";
import { parseGatewayProviders } from "../src/aperture/gateway/gateway-config.ts";
import { withoutPrices } from "../src/lake/days/day-pricing.ts";
import type { ObjectStore } from "../src/storage/object-store.ts";
import { FsStore } from "../src/storage/fs/fs-store.ts";
import type { DimensionHeaders } from "../src/ingest/normaliser/normalise.ts";
import { fixture } from "./fixtures.ts";
import { PLAIN_ARCHIVE } from "./plain-archive.ts";
import { NOBODY_TOLD } from "./nobody-told.ts";
import { NO_PRICES } from "./no-prices.ts";
import { NO_TEAMS } from "./no-teams.ts";

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

/** What every job needs, on the given stores, with the fixture's gateway where it is there. */
export function testLedger(source: ObjectStore, lake: ObjectStore, changes: Partial<LedgerContext> = {}): LedgerContext {
  const config = fixture("aperture-config.hujson");
  const gateway = config === undefined ? [] : [{ from: null, providers: parseGatewayProviders(readFileSync(config, "utf8"), config) }];
  return {
    lake,
    archive: lake,
    archiving: PLAIN_ARCHIVE,
    sources: [{ instance: "prod", store: source }],
    rulesAt: (instance) => ({ instance, gateway, dimensions: DIMENSIONS }),
    allocation: NO_TEAMS,
    budgets: () => [],
    alerting: NOBODY_TOLD,
    report: { tags: "even", dimensions: [] },
    prices: NO_PRICES,
    pricingOf: withoutPrices,
    land: landExport,
    clock: () => new Date("2026-10-31T12:00:00Z"),
    log: pino({ level: "silent" }),
    progress: { begin: () => undefined, step: () => undefined },
    ...changes,
  };
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
