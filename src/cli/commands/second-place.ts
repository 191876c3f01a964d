import { type Config, toLocation } from "../../config/config.ts";
import { ARCHIVE } from "../../lake/layout.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { findPlace } from "../../storage/find-place.ts";
import { overlapOf } from "../../storage/place.ts";
import { showLocation } from "../../storage/store-location.ts";

/** The location of the archive that a command works on: that of the flag, of `archive.url`, or the lake. */
export function archiveLocation({ archive, lake }: Config, flag?: string): NonNullable<Config["lake"]> | undefined {
  return flag ?? archive.url ?? lake;
}

/** Throws `usage` if a second copy would be at the archive's own place, where it proves and saves nothing. @param flag names the option. */
export async function refuseSamePlace(flag: string, url: string, archive: NonNullable<Config["lake"]> | undefined): Promise<void> {
  if (archive === undefined) return;
  const folder = ARCHIVE.slice(0, -1);
  const overlap = overlapOf(await findPlace(toLocation(url), folder), await findPlace(toLocation(archive), folder));
  if (overlap !== undefined) throw new LedgerError("usage", `${flag} ${showLocation(url)} is where the archive is, or shares a folder with it`, { remedy: "name the bucket or folder of the second copy" });
}
