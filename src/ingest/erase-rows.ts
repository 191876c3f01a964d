import type { ObjectStore } from "../storage/object-store.ts";
import { join } from "node:path";
import { withDuckDb } from "../ledger/sql/duckdb.ts";
import { readParquet } from "../ledger/sql/sql-texts.ts";
import { LedgerError } from "../ledger/errors.ts";
import type { QuarantineFile } from "../lake/landing/commit-export.ts";
import { type ErasedCaller, eraseLanding } from "../lake/landing/erase-landing.ts";
import { type ExportManifest, exportManifest, type LandedFile } from "../lake/landing/export-manifest.ts";
import { replaceJson } from "../lake/json-object.ts";
import { layout } from "../lake/layout.ts";
import { publishFile } from "../lake/publish.ts";
import { renameKeys } from "../lake/landing/reading-notes.ts";
import { loginReplacer } from "../ledger/names/login-replacer.ts";
import { subdirectory } from "../storage/workspace.ts";
import { type Erasures, pseudonymOf } from "../ledger/names/erasure.ts";
import type { NormalisingRules } from "./normaliser/normalise.ts";
import type { Ledger } from "../open/ledger.ts";

interface ErasingRows {
  rules: NormalisingRules;
  /** Ids of the erasures, in order. */
  erasures: string[];
  /** The copy, where it still exists. */
  file: string;
  workspace: string;
}

/**
 * Puts pseudonyms into the derived files of an export that cannot be read again, since retention removed parts of its copy. Existing landing
 * files are rewritten; the quarantine is derived again from the copy, which keeps rejected records longest. Writes the files, then the manifest.
 * Throws `archive_conflict` where a landing file differs from the manifest.
 */
export async function eraseRows(ledger: Pick<Ledger, "stores" | "work">, known: ExportManifest, { rules, erasures, file, workspace }: ErasingRows): Promise<ExportManifest> {
  const { stores: { lake } } = ledger;
  if (erasures.every((id) => known.erasures.includes(id))) return known;
  const callers = new Map<string, ErasedCaller>();
  const landing = await eraseLandings(lake, known.landing, { rules, workspace, found: (caller) => void callers.set(caller.login, caller) });
  const unknownKeys = [...callers.values()].reduce((keys, { login, pseudonym }) => renameKeys(keys, loginReplacer(login, pseudonym)), known.unknown_keys);
  const { name, time, version } = known;
  const landed = known.purged === null && known.quarantine !== null ? await ledger.work.land({ name, file, workspace: await subdirectory(workspace), time: new Date(time), version, rules }) : undefined;
  const quarantine = landed === undefined ? known.quarantine : await publishQuarantine(lake, known, landed.quarantine);
  const manifest = exportManifest.parse({ ...known, landing, quarantine, unknown_keys: unknownKeys, erasures } satisfies ExportManifest);
  await replaceJson(lake, layout.exportManifest(known.instance, known.stem), manifest);
  return manifest;
}

/** @param found receives the erased logins that a landing file names. */
async function eraseLandings(lake: ObjectStore, landing: readonly LandedFile[], { rules: { erased }, workspace, found }: Pick<ErasingRows, "rules" | "workspace"> & { found: (caller: ErasedCaller) => void }): Promise<LandedFile[]> {
  if (erased === undefined) return [...landing];
  return await withDuckDb({ temporaryDirectory: workspace }, async (duck) => {
    const files: LandedFile[] = [];
    for (const one of landing) {
      const [file, out] = [join(workspace, `${one.date}.landed`), join(workspace, `${one.date}.erased`)];
      const { etag, size, sha256 } = await lake.download(one.key, file);
      // A run that ended before it wrote the manifest left a different file with the same number of rows.
      const rows = Number((await duck.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${readParquet(file)}`)).value(0, 0));
      if (rows !== one.rows) throw landingAltered(lake.url, one, rows);
      const isErased = await eraseLanding(duck, file, out, (login) => {
        const caller = findErased(login, erased);
        if (caller !== undefined) found(caller);
        return caller;
      });
      files.push({ ...one, ...(isErased ? await publishFile(lake, one.key, out) : { etag, size, sha256 }) });
    }
    return files;
  });
}

function findErased(login: string, { key, erased }: Erasures): ErasedCaller | undefined {
  const pseudonym = pseudonymOf(login, key);
  const own = erased.filter((erasure) => erasure.pseudonym === pseudonym);
  return own.length === 0 ? undefined : { login, pseudonym, until: Math.max(...own.map(({ until }) => Date.parse(until) * 1000)) };
}

async function publishQuarantine(lake: ObjectStore, { instance, stem }: ExportManifest, quarantined: QuarantineFile | null): Promise<ExportManifest["quarantine"]> {
  const key = layout.quarantine(instance, stem);
  if (quarantined !== null) return { ...(await publishFile(lake, key, quarantined.file)), reasons: quarantined.reasons, readable: quarantined.readable };
  await lake.remove(key);
  return null;
}

function landingAltered(url: string, { key, rows }: LandedFile, found: number): LedgerError {
  return new LedgerError("archive_conflict", `${url}/${key} has ${String(found)} rows, its manifest says ${String(rows)}`, {
    remedy: "restore it from a backup: there is no complete copy to derive it from",
  });
}
