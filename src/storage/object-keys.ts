import { LedgerError } from "../ledger/errors.ts";

/** Begins the names of unfinished files. Listings leave these out, so no key may begin with it. */
export const TEMPORARY_PREFIX = ".aperture-ledger-writing-";

/** S3's limit. Every store enforces it, so that a lake can move between stores. */
const MAX_KEY_BYTES = 1024;

/**
 * Who chose the keys of a store. `own`: the ledger did, so that they are valid on every kind of store.
 * `foreign`: other programs wrote the objects; the ledger only reads them and accepts any name.
 */
export type KeyRules = "own" | "foreign";

/** Throws `key_invalid` unless the key names an object below the root on every kind of store. */
export function checkKey(url: string, key: string): void {
  const problem = problemOf(key) ?? key.split("/").map(problemOfSegment).find((found) => found !== undefined);
  if (problem !== undefined) throw keyInvalid(url, key, problem);
}

/** Throws `key_invalid` unless keys can start with the prefix; its last segment may be the beginning of a name. */
export function checkPrefix(url: string, prefix: string): void {
  if (prefix === "") return;
  const folders = prefix.split("/").slice(0, -1);
  const problem = problemOf(prefix) ?? folders.map(problemOfSegment).find((found) => found !== undefined);
  if (problem !== undefined) throw keyInvalid(url, prefix, problem);
}

/** Throws `key_invalid` for a key that no request can contain. An object store accepts any other text as a key, including `a//b` and `../a`. */
export function checkForeignKey(url: string, key: string): void {
  if (key === "") throw keyInvalid(url, key, "it is empty");
  if (!key.isWellFormed()) throw keyInvalid(url, key, "it is not valid Unicode");
}

/** Throws `key_invalid` unless the key names a file below the directory; no file is called `.` or `..`. */
export function checkForeignFile(url: string, key: string): void {
  checkForeignKey(url, key);
  if (key.includes("\0")) throw keyInvalid(url, key, "it contains a NUL character");
  const part = key.split("/").find((segment) => segment === "" || segment === "." || segment === "..");
  if (part !== undefined) throw keyInvalid(url, key, `it has a part ${JSON.stringify(part)}, which cannot be the name of a file`);
}

export function keyInvalid(url: string, key: string, problem: string, cause?: unknown): LedgerError {
  return new LedgerError("key_invalid", `${url}: ${JSON.stringify(key)} cannot be a key: ${problem}.`, {
    remedy: "Use names separated by single slashes, without a slash at either end, of at most 1024 bytes in all.",
    cause,
  });
}

function problemOf(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key.includes("\0")) return "it contains a NUL character";
  if (!key.isWellFormed()) return "it is not valid Unicode";
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`;
  return undefined;
}

function problemOfSegment(segment: string): string | undefined {
  if (segment === "") return "it has an empty part";
  if (segment === "." || segment === "..") return `it has a part ${JSON.stringify(segment)}`;
  if (segment.startsWith(TEMPORARY_PREFIX)) return `parts that begin with ${TEMPORARY_PREFIX} are files being written`;
  return undefined;
}
