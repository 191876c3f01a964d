import type { Archiving, Bodies } from "../archive/archiving.ts";
import { readSigningKey, type SigningKey } from "../archive/chain/signing-key.ts";
import { type Duration, parseDuration } from "../archive/retention/duration.ts";
import type { Config } from "../config/config.ts";
import { LedgerError } from "../ledger/errors.ts";
import { findSecret } from "./find-secret.ts";

const SIGNING_KEY = "APERTURE_LEDGER_SIGNING_KEY";
const ERASURE_KEY = "APERTURE_LEDGER_ERASURE_KEY";

/** Shorter secrets could be guessed, and pseudonyms then be turned back into logins. */
const SHORTEST_ERASURE_KEY = 32;

/** How exports are archived, with the keys that files or the environment hold. Throws `key_unusable`. @param signs else a private key that cannot be read is none. */
export async function openArchiving({ archive }: Config, signs = true): Promise<Archiving> {
  const { lock, retention } = archive;
  return {
    lock: lock === undefined ? undefined : { mode: lock.mode, retain: span(lock.retain) },
    bodies: bodiesOf(archive),
    signingKey: signs ? await openSigningKey({ archive }) : await openSigningKey({ archive }).catch(() => undefined),
    retention: retention.map(({ content, keep, instance, teams, caller_type: callerType }) => ({ content, keep: span(keep), instance, teams, callerType })),
    purge: archive.purge,
    erasureKey: await openErasureKey(archive),
  };
}

/** Undefined where none is configured. Throws `key_unusable`. */
export async function openSigningKey({ archive }: Pick<Config, "archive">): Promise<SigningKey | undefined> {
  const found = await findSecret(archive.signing_key, SIGNING_KEY);
  return found && readSigningKey(found.text, found.where);
}

/** Undefined where none is configured. Throws `key_unusable`. */
export async function openErasureKey({ erasure_key: file }: Config["archive"]): Promise<Buffer | undefined> {
  const found = await findSecret(file, ERASURE_KEY);
  if (found === undefined) return undefined;
  const key = Buffer.from(found.text.trim());
  if (key.byteLength >= SHORTEST_ERASURE_KEY) return key;
  throw new LedgerError("key_unusable", `${found.where} holds ${String(key.byteLength)} bytes, too few for a secret`, {
    remedy: `give at least ${String(SHORTEST_ERASURE_KEY)} random characters, and keep them: who has them can tell whose pseudonym is whose`,
  });
}

function bodiesOf({ bodies, redact }: Config["archive"]): Bodies {
  return bodies === "redact" ? { kept: bodies, patterns: redact } : { kept: bodies };
}

function span(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed !== undefined) return parsed;
  throw new LedgerError("config_invalid", `${JSON.stringify(text)} is no span of time`, { remedy: "write 90 days, 18 months or 7 years" });
}
