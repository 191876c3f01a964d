import { rmSync } from "node:fs";
import { join } from "node:path";
import { archiveLayout } from "../../src/lake/layout.ts";
import { sealArchive } from "../../src/archive/seal-archive.ts";
import { verifyArchive } from "../../src/archive/verify-archive.ts";
import { readSigningKey } from "../../src/archive/chain/signing-key.ts";
import { listInstances } from "../../src/archive/copies/list-archive.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { PLAIN_ARCHIVE } from "../plain-archive.ts";
import { benchLedger } from "./bench-ledger.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface ArchiveWork {
  seconds: number;
  residentMiB: number;
  /** That were listed, or whose bytes were read. */
  exports: number;
}

/** `archive-work.ts seal|verify LAKE`, the key in `BENCH_SIGNING_KEY`: seals all of a lake's archive anew, or verifies it; prints an `ArchiveWork`. */
const [, , what = "", folder = ""] = process.argv;
const lake = new FsStore(folder);
const signingKey = readSigningKey(process.env["BENCH_SIGNING_KEY"] ?? "", "BENCH_SIGNING_KEY");
const ledger = benchLedger(lake, [], { work: { archiving: { ...PLAIN_ARCHIVE, signingKey } } });

async function seal(): Promise<number> {
  const { gateways } = await sealArchive(ledger, await loadLedgerState(lake), ledger.work.clock());
  return gateways.flatMap(({ digests }) => digests).reduce((sum, { exports }) => sum + exports, 0);
}

async function verify(): Promise<number> {
  const { telling: { progress } } = ledger;
  const { gateways, findings } = await verifyArchive({
    archive: lake, lake: undefined, publicKey: signingKey.publicKey, sample: undefined, head: undefined, instance: undefined, now: ledger.work.clock(), progress,
  });
  if (findings.length > 0) throw new Error(findings[0]?.text);
  return gateways.reduce((sum, { exports: { hashed } }) => sum + hashed, 0);
}

if (what === "seal") for (const instance of await listInstances(lake)) rmSync(join(folder, archiveLayout.digests(instance)), { recursive: true, force: true });
const start = performance.now();
const exports = what === "seal" ? await seal() : await verify();
const work: ArchiveWork = { seconds: (performance.now() - start) / 1000, residentMiB: mostResidentMiB(), exports };
process.stdout.write(JSON.stringify(work));
