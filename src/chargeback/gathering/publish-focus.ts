import { join } from "node:path";
import { layout } from "../../lake/layout.ts";
import { publishFile } from "../../lake/publish.ts";
import type { Month } from "../../ledger/months.ts";
import { sha256OfFile } from "../../storage/file-digest.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { FOCUS_FILES, FOCUS_FORMATS, type FocusFormat } from "../focus/focus-settings.ts";

/** By format, in the order of the settings. */
export type FocusFiles = Partial<Record<FocusFormat, string>>;

interface PublishedFocus {
  /** Keys in the lake. */
  files: FocusFiles;
  /** Formats that were missing, or whose content differed. */
  written: FocusFormat[];
}

/** Uploads the local files of a month's charges that are missing in the lake or differ there, and removes files of other formats. */
export async function publishFocus(lake: ObjectStore, month: Month, files: FocusFiles, workspace: string): Promise<PublishedFocus> {
  const published: PublishedFocus = { files: {}, written: [] };
  for (const format of FOCUS_FORMATS) {
    const [file, key] = [files[format], layout.report(month.name, FOCUS_FILES[format])];
    if (file === undefined) {
      if ((await lake.head(key)) !== undefined) await lake.remove(key);
      continue;
    }
    published.files[format] = key;
    if (await holdsFile(lake, key, file, join(workspace, "published"))) continue;
    await publishFile(lake, key, file);
    published.written.push(format);
  }
  return published;
}

/** Whether the lake has an object with the content of a local file. @param copy path that the object may be downloaded to */
export async function holdsFile(lake: ObjectStore, key: string, file: string, copy: string): Promise<boolean> {
  if ((await lake.head(key)) === undefined) return false;
  const { sha256 } = await lake.download(key, copy);
  return sha256 === (await sha256OfFile(file));
}
