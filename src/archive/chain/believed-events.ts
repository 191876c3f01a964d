import type { SignedEvent } from "./event.ts";
import { isSignatureGood } from "./signed.ts";
import { isSignedBy } from "./signing-key.ts";

/**
 * Tells events that count from those that anybody could have put there: well signed, by the key there is now or by one that
 * rotations lead from to it. Without a key any good signature counts: nothing is removed then.
 */
export function believedEvents(events: readonly SignedEvent[], publicKey: string | undefined): (event: SignedEvent) => boolean {
  const keys = publicKey === undefined ? undefined : keysBefore(events, publicKey);
  return (event) => isSignatureGood(event) && (keys === undefined || (event.key !== null && keys.has(event.key)));
}

function keysBefore(events: readonly SignedEvent[], publicKey: string): Set<string> {
  const keys = new Set([publicKey]);
  for (const event of events.toReversed()) {
    const { header, key } = event;
    if (header.kind !== "rotation" || key !== header.from || !keys.has(header.to) || !isSignatureGood(event)) continue;
    const { vouched, ...rest } = header;
    if (isSignedBy(header.to, rest, vouched)) keys.add(header.from);
  }
  return keys;
}
