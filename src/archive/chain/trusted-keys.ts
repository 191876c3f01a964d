import type { SignedEvent } from "./event.ts";
import { isSignatureGood } from "./signed.ts";
import { isSignedBy } from "./signing-key.ts";

/**
 * The keys that one trusted key vouches for through rotations, itself among them: the old key signs that the new one follows,
 * the new one that it followed the old.
 */
export function keysTrustedWith(trusted: string, events: readonly SignedEvent[]): Set<string> {
  const keys = new Set([trusted]);
  const rotations = events.flatMap((document) => (isRotationGood(document) && document.header.kind === "rotation" ? [document.header] : []));
  for (let before = 0; before < keys.size; ) {
    before = keys.size;
    for (const { from, to } of rotations) if (keys.has(from) || keys.has(to)) keys.add(from).add(to);
  }
  return keys;
}

function isRotationGood(document: SignedEvent): boolean {
  const { header, key } = document;
  if (header.kind !== "rotation" || key !== header.from || !isSignatureGood(document)) return false;
  const { vouched, ...event } = header;
  return isSignedBy(header.to, event, vouched);
}
