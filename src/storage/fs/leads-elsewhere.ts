import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMissing } from "./fs-errors.ts";

/**
 * Whether the file at a key is in truth a different file, by a symbolic link or because the file system ignores case. Never in other stores,
 * which have no links. @param url of the store.
 */
export async function leadsElsewhere(url: string, key: string): Promise<boolean> {
  if (!url.startsWith("file:")) return false;
  const root = fileURLToPath(url);
  try {
    return (await realpath(join(root, key))) !== join(await realpath(root), key);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
