import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { layout } from "../lake/layout.ts";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { addressOf } from "../storage/object-address.ts";
import { writeOutFile } from "./out-file.ts";

/** Copies files of a month's report into a local folder, with the folders of teams below it. Returns the paths, in the order of the keys. */
export async function copyReport(lake: Pick<ObjectStore, "read">, month: string, keys: readonly string[], folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const key of keys) {
    const path = join(folder, key.slice(layout.report(month, "").length));
    await makeFolder(dirname(path));
    await writeOutFile(path, await lake.read(key));
    paths.push(path);
  }
  return paths;
}

/** The path of a page in a lake that is a folder; otherwise that of a copy, in a new temporary folder that only this account can read. */
export async function localPage(lake: Pick<ObjectStore, "read" | "url">, month: string, key: string): Promise<string> {
  if (lake.url.startsWith("file:")) return fileURLToPath(addressOf(lake, key));
  const folder = await mkdtemp(join(tmpdir(), "aperture-ledger-report-"));
  const [path = ""] = await copyReport(lake, month, [key], folder);
  return path;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new LedgerError("file_unwritable", `${folder} cannot be made: ${messageOf(cause)}`, { remedy: "choose another folder with --out", cause });
  }
}
