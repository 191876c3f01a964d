import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import pino from "pino";
import { scanExports } from "../../src/archive/extracting/find-exports.ts";
import { searchArchive } from "../../src/archive/search-archive.ts";
import { parseCriteria } from "../../src/archive/searching/search-criteria.ts";
import { exportTime } from "../../src/aperture/reader/export-name.ts";
import { layout } from "../../src/lake/layout.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { mostResidentMiB } from "../resident-memory.ts";

export interface SearchedArchive {
  seconds: number;
  residentMiB: number;
  records: number;
  hits: number;
}

/** `search-archive.ts EXPORT text|regex PATTERN`: searches all of an archive with that export in it; prints a `SearchedArchive`. */
const [, , file = "", kind = "", pattern = ""] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-search-"));
try {
  const name = basename(file);
  const copy = join(folder, layout.archive("prod", exportTime(name, new Date(0)), name.replace(".cbor.zstd", "")));
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(file, copy);
  const archive = new FsStore(folder);
  const tools = { archive, publicKey: undefined, log: pino({ level: "silent" }), progress: { begin: () => undefined, step: () => undefined } };
  const criteria = parseCriteria(kind === "regex" ? { regex: pattern } : { text: pattern });
  const start = performance.now();
  const { records, hits } = await searchArchive(tools, { selection: {}, criteria, exports: await scanExports(archive, {}), repeats: false, by: "bench", format: () => "", append: () => Promise.resolve() });
  const searched: SearchedArchive = { seconds: (performance.now() - start) / 1000, residentMiB: mostResidentMiB(), records, hits };
  process.stdout.write(JSON.stringify(searched));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
