import { changeLedger } from "../change-ledger.ts";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withMonthTables } from "../../src/chargeback/gathering/month-tables.ts";
import { allocateForReport, makeReport } from "../../src/chargeback/make-report.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import { boundMonth } from "../../src/ledger/months.ts";
import type { Ledger } from "../../src/open/ledger.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { copyBuilt } from "../built-lakes.ts";
import { fixture } from "../fixtures.ts";
import { exportsIn, lakeOf, testLedger } from "../test-ledger.ts";

/** A lake that the pipeline itself filled, for all tests of a suite. */
export interface RealLake {
  directory: string;
  store: FsStore;
  /** What filled it. */
  ledger: Ledger;
  remove(): Promise<void>;
}

/** @param source folder of export files */
export async function fillLake(source: string): Promise<RealLake> {
  const directory = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
  const store = new FsStore(directory);
  const ledger = testLedger(new FsStore(source), store);
  await copyBuilt(lakeOf(exportsIn(source)), directory);
  return { directory, store, ledger, remove: async () => await rm(directory, { recursive: true }) };
}

/** The same from hostile fixtures, which are given names of exports a second apart from 2026-10-08T22:53:20Z. */
export async function fillHostileLake(names: readonly string[]): Promise<RealLake> {
  const source = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
  try {
    for (const [index, name] of names.entries()) {
      await copyFile(hostileExport(name), join(source, `ts-aperture-export-${String(1_791_500_000 + index)}.cbor.zstd`));
    }
    return await fillLake(source);
  } finally {
    await rm(source, { recursive: true });
  }
}

export function hostileExport(name: string): string {
  return fixture(`hostile/${name}.cbor.zstd`) ?? "";
}

/** The report of a month with everything in it, repositories among its dimensions. Publishes nothing. */
export async function reportOf(ledger: Ledger, month: string): Promise<ChargebackReport> {
  const reporting = changeLedger(ledger, { rules: { report: { ...ledger.rules.report, tags: "even", dimensions: ["repo"] } } });
  const allocated = await allocateForReport(reporting, boundMonth(month, ledger.rules.allocation.timezone));
  return await withMonthTables(reporting, allocated.month, [...allocated.state.days.values()], (tables) => makeReport(reporting, allocated, tables));
}
