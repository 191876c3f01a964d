import type { EventOf, SignedEvent } from "./event.ts";
import { isSignatureGood } from "./signed.ts";
import { isSignedBy } from "./signing-key.ts";

/** Keys that rotations link to the given one, in both directions; each rotation is signed by the old key and by the new one. */
export function trustedKeys(given: string, events: readonly SignedEvent[]): Set<string> {
  const links = events.flatMap((event) => (event.header.kind === "rotation" && isRotationGood(event, event.header) ? [event.header] : []));
  const trusted = new Set([given]);
  for (let before = 0; before < trusted.size; ) {
    before = trusted.size;
    for (const { from, to } of links) {
      if (trusted.has(from)) trusted.add(to);
      if (trusted.has(to)) trusted.add(from);
    }
  }
  return trusted;
}

function isRotationGood(event: SignedEvent, header: EventOf<"rotation">): boolean {
  return event.key === header.from && isSignatureGood(event) && isSignedBy(header.to, vouchedFor(header), header.vouched);
}

/** What the new key signs of a rotation. */
export function vouchedFor(rotation: EventOf<"rotation">): object {
  const { vouched: _, ...header } = rotation;
  return header;
}
