import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rewriteExport, type Treatment } from "../../src/aperture/rewrite/rewrite-export.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface RewrittenExport {
  seconds: number;
  residentMiB: number;
  records: number;
  /** Of the copy. */
  bytes: number;
}

/** `rewrite-export.ts FILE TREATMENT`: writes every record of an export again; prints a `RewrittenExport`. */
const [, , file = "", treatment = ""] = process.argv;
const treatments: Partial<Record<string, Treatment>> = { drop: "drop_bodies", redact: "redact_bodies" };
const treat = treatments[treatment];
if (treat === undefined) throw new Error(`${treatment} is no treatment`);
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-rewrite-"));
try {
  const out = join(folder, "copy");
  const start = performance.now();
  const { records, damage } = await rewriteExport(file, out, () => treat);
  const seconds = (performance.now() - start) / 1000;
  if (damage !== null) throw new Error(damage.message);
  const rewritten: RewrittenExport = { seconds, residentMiB: mostResidentMiB(), records, bytes: statSync(out).size };
  process.stdout.write(JSON.stringify(rewritten));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
