import { readFile } from "node:fs/promises";
import { readPublicKey } from "../archive/chain/signing-key.ts";
import type { Config } from "../config/config.ts";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import { openSigningKey } from "../open/archive-settings.ts";

/** The trusted public key; undefined where none is configured. Throws `key_unusable`. */
export async function findPublicKey(config: Config, flag?: string): Promise<string | undefined> {
  const file = flag ?? config.archive.public_key;
  return file === undefined ? (await openSigningKey(config))?.publicKey : readPublicKey(await readKeyFile(file), file);
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("key_unusable", `${file} cannot be read: ${messageOf(cause)}`, { remedy: "give the path of the public key", cause });
  }
}
