import { findHeads } from "../../archive/script/find-heads.ts";
import { writeScript } from "../../archive/script/write-script.ts";
import { loadSettings } from "../../config/reading/settings.ts";
import { LedgerError } from "../../ledger/errors.ts";
import { PRODUCT_VERSION } from "../../ledger/product-version.ts";
import { type ArchiveVerifyFlags, openPlaces } from "./archive-verify.ts";

/** Prints a shell script that verifies the archive as it is now and later. Checks nothing itself. */
export async function archiveVerifyScript({ config: file, lake, archive: url, instance, ...others }: ArchiveVerifyFlags): Promise<number> {
  const other = Object.keys(others).find((name) => name !== "printScript");
  if (other !== undefined) {
    const remedy = "give --archive and --instance only: the script takes the folder, the key, --head and --timestamp-roots when it runs";
    throw new LedgerError("usage", `--${other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} has no meaning with --print-script`, { remedy });
  }
  const config = await loadSettings({ ...(file === undefined ? {} : { config: file }), ...(lake === undefined ? {} : { lake }) });
  const { archive } = await openPlaces(config, url);
  process.stdout.write(writeScript({ archive: archive.url, version: PRODUCT_VERSION, gateways: await findHeads(archive), instance }));
  return 0;
}
