/**
 * Checks a compliance archive against a public key, for programs of those who hold it or audit it: `import … from "aperture-ledger/verify"`.
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { readPublicKey } from "../archive/chain/signing-key.ts";
import { verifyArchive } from "../archive/verify-archive.ts";
import type { Verification } from "../archive/verifier/verification.ts";
import { LedgerError } from "../ledger/errors.ts";
import { openStore, type StoreLocation } from "../storage/open-store.ts";

export type { Finding, FindingCode, Note } from "../archive/verifier/finding.ts";
export type { GatewayVerification, ReplicaDifference, ReplicaVerification, Verification } from "../archive/verifier/verification.ts";
export type { StoreLocation };

export interface VerifyOptions {
  /**
   * Folder or bucket that contains `archive/`: a path, `file:///dir`, `s3://bucket/prefix`, or an object with its endpoint and region. Credentials of
   * a bucket come from the environment.
   */
  archive: string | StoreLocation;
  /** The archive's public key: PEM, or its 43 characters. It must come from elsewhere than the archive. */
  publicKey: string;
  /** Root certificates (PEM) of the time-stamping authority that gave tokens for the digests. */
  timestampRoots?: string;
  /** SHA-256 of a digest that the chain must contain, such as the newest of the last audit. */
  head?: string;
  /** Name of a gateway, if only one is checked. */
  instance?: string;
  /** Number of exports whose bytes are read, at least 1, chosen by the seed; by default all are read. */
  sample?: { exports: number; seed?: string };
  /** By default this machine's. */
  now?: Date;
}

/** A copy exists a moment before its receipt. */
const PAUSE_MILLISECONDS = 1000;

/**
 * Verifies that nothing in an archive is missing, added or altered, from its bytes and the public key alone. Reads no configuration and no
 * lake, and writes nothing to the archive. `findings` is empty where nothing is wrong; `notChecked` says what the archive alone cannot show.
 * Throws errors with a `code`, such as `key_unusable`, `url_invalid`, `object_missing` or `storage_denied`, where it cannot be checked,
 * and `usage` for an option that cannot be meant.
 */
export async function verify({ archive, publicKey, timestampRoots, head, instance, sample, now = new Date() }: VerifyOptions): Promise<Verification> {
  refuseMistakes({ head, sample, now });
  return await verifyArchive({
    archive: await openStore(typeof archive === "string" ? { url: archive } : archive, "is an error"),
    lake: undefined,
    publicKey: readPublicKey(publicKey, "publicKey"),
    roots: timestampRoots === undefined ? undefined : (await import("../archive/timestamps/token.ts")).readRoots(timestampRoots, "timestampRoots"),
    sample: sample && { exports: sample.exports, seed: sample.seed },
    head: head?.toLowerCase(),
    instance,
    now,
    progress: { begin: () => undefined, step: () => undefined },
    pause: () => setTimeout(PAUSE_MILLISECONDS),
  });
}

/** A sample of no exports would find nothing wrong, and a mistyped head would look like a chain that was cut off. */
function refuseMistakes({ head, sample, now }: { head: string | undefined; sample: VerifyOptions["sample"] | undefined; now: Date }): void {
  if (head !== undefined && !/^[0-9a-f]{64}$/i.test(head)) throw mistake("head", head, "give the 64 hexadecimal digits of a digest's SHA-256, or leave it out");
  if (sample !== undefined && !(Number.isSafeInteger(sample.exports) && sample.exports > 0)) throw mistake("sample.exports", sample.exports, "give a whole number of exports, at least 1, or leave sample out: then all are read");
  if (Number.isNaN(now.getTime())) throw mistake("now", Number.NaN, "give a valid Date, or leave it out");
}

function mistake(option: string, value: string | number, remedy: string): LedgerError {
  return new LedgerError("usage", `${option} is ${typeof value === "string" ? JSON.stringify(value) : String(value)}`, { remedy });
}
