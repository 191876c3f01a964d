import { createHash } from "node:crypto";
import canonicalize from "canonicalize";

/** The canonical JSON (RFC 8785) of a value: the form that is hashed and signed. */
export function canonicalBytes(value: object): Buffer {
  return Buffer.from(String(canonicalize(value)));
}

/** Lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
