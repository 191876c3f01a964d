import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keyMissing } from "../../archive/require-signing-key.ts";
import { generateKeys, publicKeyPem, readPublicKey } from "../../archive/chain/signing-key.ts";
import { LedgerError, messageOf } from "../../ledger/errors.ts";
import { openSigningKey } from "../../open/archive-settings.ts";
import { loadSettings, type SettingFlags } from "../../config/reading/settings.ts";
import { defaultKeyFolder, refuseCheckout } from "./key-folder.ts";
import { sayNext } from "../next-commands.ts";
import { print, printJson } from "../terminal.ts";

export interface KeysFlags extends SettingFlags {
  /** Absent: the user's folder for configuration. */
  out?: string;
  inCheckout?: boolean;
  show?: boolean;
  json?: boolean;
}

/** Makes a key pair, or shows the public key of the configured private key. */
export async function archiveKeys(flags: KeysFlags): Promise<number> {
  if (flags.show) {
    await showKey(flags);
    return 0;
  }
  await makePair(flags);
  sayNext({ after: "archive keys" }, flags);
  return 0;
}

async function showKey(flags: KeysFlags): Promise<void> {
  const key = await openSigningKey(await loadSettings(flags));
  if (key === undefined) throw keyMissing();
  const pem = publicKeyPem(key.publicKey);
  if (flags.json) printJson({ public_key: key.publicKey, pem });
  else print(...pem.trimEnd().split("\n"), `# digests name it ${key.publicKey}`);
}

interface KeyFiles {
  /** Path of the private key. */
  private: string;
  /** Path of the public key. */
  public: string;
}

export function keyFilesIn(folder: string): KeyFiles {
  return { private: join(folder, "signing-key.pem"), public: join(folder, "signing-key.pub.pem") };
}

/** Writes a new key pair into a folder. Returns the public key. Throws `file_exists` where a key is already, and `file_unwritable`. */
export async function writeKeyPair(folder: string): Promise<string> {
  const files = keyFilesIn(folder);
  for (const file of [files.private, files.public]) if (existsSync(file)) throw fileExists(file);
  const pair = generateKeys();
  await writeNew(folder, files.private, pair.privateKey, 0o600);
  await writeNew(folder, files.public, pair.publicKey, 0o644);
  return pair.publicKey;
}

async function makePair({ out = defaultKeyFolder(process.env), inCheckout, json }: KeysFlags): Promise<void> {
  if (inCheckout !== true) refuseCheckout(out, process.env);
  const files = keyFilesIn(out);
  const name = readPublicKey(await writeKeyPair(out), files.public);
  if (json) {
    printJson({ private_key: files.private, public_key: files.public, name });
    return;
  }
  print(
    `wrote ${files.private}: the private key. Set archive.signing_key to its path, and keep a copy where nobody else can read it`,
    `wrote ${files.public}: the public key, which digests name ${name}. Give it to the auditor; a public key that is taken from the bucket proves nothing`,
  );
}

async function writeNew(folder: string, file: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(file, text, { flag: "wx", mode });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw fileExists(file, cause);
    throw new LedgerError("file_unwritable", `${file} cannot be written: ${messageOf(cause)}`, { remedy: "choose a folder that can be written with --out", cause });
  }
}

function fileExists(file: string, cause?: unknown): LedgerError {
  return new LedgerError("file_exists", `${file} already exists`, {
    remedy: "its signatures are checked with it: keep it, and choose another folder with --out",
    cause,
  });
}
