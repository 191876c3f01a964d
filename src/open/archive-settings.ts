import { readFile } from "node:fs/promises";
import type { Archiving, Bodies } from "../archive/archiving.ts";
import { readSigningKey, type SigningKey } from "../archive/chain/signing-key.ts";
import { type Duration, parseDuration } from "../archive/retention/duration.ts";
import type { Config } from "../config/config.ts";
import type { TimestampAuthority } from "../archive/timestamps/ask-authority.ts";
import type { TrustedRoots } from "../archive/timestamps/token.ts";
import { LedgerError, messageOf } from "../ledger/errors.ts";
import { findSecret } from "./find-secret.ts";
import { isInKms } from "./kms-place.ts";

export const SIGNING_KEY = "APERTURE_LEDGER_SIGNING_KEY";
export const ERASURE_KEY = "APERTURE_LEDGER_ERASURE_KEY";
export const PRIVACY_KEY = "APERTURE_LEDGER_PRIVACY_KEY";

/** Bytes. A shorter secret could be guessed, and pseudonyms turned back into logins. */
const SHORTEST_SECRET = 32;

/** What files and the environment hold for the archive. */
interface ArchiveSecrets {
  /** Undefined if none is configured: then nothing is signed. */
  signingKey: SigningKey | undefined;
  /** Undefined if none is configured: then no caller can be erased. */
  erasureKey: Buffer | undefined;
}

export interface Secrets extends ArchiveSecrets {
  /** Undefined if none is configured: reports then cannot have pseudonyms. */
  privacyKey: Buffer | undefined;
}

/** How exports are archived, with the keys that were read. */
export function archiveSettings({ archive }: Config, { signingKey, erasureKey }: ArchiveSecrets): Archiving {
  const { lock, retention } = archive;
  return {
    lock: lock === undefined ? undefined : { mode: lock.mode, retain: span(lock.retain) },
    bodies: bodiesOf(archive),
    signingKey,
    retention: retention.map(({ content, keep, instance, teams, caller_type: callerType }) => ({ content, keep: span(keep), instance, teams, callerType })),
    purge: archive.purge,
    erasureKey,
    timestamps: archive.timestamps && { url: archive.timestamps.url, readRoots: rootsReader(archive.timestamps.roots) },
  };
}

/** Settings and keys for a command that opens no ledger. */
export async function openArchiving(config: Config, signs = true): Promise<Archiving> {
  return archiveSettings(config, await readArchiveSecrets(config, signs));
}

/**
 * The keys that files or the environment hold. Throws `key_unusable`.
 * @param signs without it, a private key, or that of reports, that cannot be read counts as none: a process that only reads need not have access to it.
 */
export async function readSecrets(config: Config, signs = true): Promise<Secrets> {
  const archiveSecrets = await readArchiveSecrets(config, signs);
  const privacyKey = openSecret(config.privacy.key, PRIVACY_KEY);
  return { ...archiveSecrets, privacyKey: await (signs ? privacyKey : privacyKey.catch(() => undefined)) };
}

async function readArchiveSecrets({ archive }: Config, signs: boolean): Promise<ArchiveSecrets> {
  const signingKey = openSigningKey({ archive });
  return { signingKey: await (signs ? signingKey : signingKey.catch(() => undefined)), erasureKey: await openSecret(archive.erasure_key, ERASURE_KEY) };
}

/** Undefined if none is configured. Throws `key_unusable`. */
export async function openSigningKey({ archive }: Pick<Config, "archive">): Promise<SigningKey | undefined> {
  const named = archive.signing_key;
  if (named !== undefined && isInKms(named)) return await openKeyOfKms(named);
  const found = await findSecret(named, SIGNING_KEY);
  if (found === undefined) return undefined;
  return isInKms(found.text) ? await openKeyOfKms(found.text.trim()) : readSigningKey(found.text, found.where);
}

/** The SDK is loaded only for a key in AWS KMS. Throws `key_unusable`. @param place see `isInKms`. */
export async function openKeyOfKms(place: string): Promise<SigningKey> {
  return await (await import("./kms-signing-key.ts")).openKmsKey(place);
}

function rootsReader(file: string | undefined): TimestampAuthority["readRoots"] {
  return async () => (file === undefined ? undefined : await readRootsFile(file));
}

/** Root certificates of a time-stamping authority. Throws `key_unusable`. */
export async function readRootsFile(file: string): Promise<TrustedRoots> {
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (cause) {
    throw new LedgerError("key_unusable", `${file} cannot be read: ${messageOf(cause)}`, { remedy: "give the path of the root certificates of the time-stamping authority", cause });
  }
  // Loaded only where tokens are checked.
  return (await import("../archive/timestamps/token.ts")).readRoots(pem, file);
}

/** Undefined if none is configured. Throws `key_unusable`. */
async function openSecret(file: string | undefined, variable: string): Promise<Buffer | undefined> {
  const found = await findSecret(file, variable);
  if (found === undefined) return undefined;
  const key = Buffer.from(found.text.trim());
  if (key.byteLength >= SHORTEST_SECRET) return key;
  throw new LedgerError("key_unusable", `${found.where} holds ${String(key.byteLength)} bytes, too few for a secret`, {
    remedy: `give at least ${String(SHORTEST_SECRET)} random characters, and keep them: with them, a pseudonym can be matched to its login`,
  });
}

function bodiesOf({ bodies, redact }: Config["archive"]): Bodies {
  return bodies === "redact" ? { kept: bodies, patterns: redact } : { kept: bodies };
}

/** Throws `config_invalid`. */
export function span(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  throw new LedgerError("config_invalid", `${JSON.stringify(text)} is not a span of time`, { remedy: "write 90 days, 18 months or 7 years" });
}
