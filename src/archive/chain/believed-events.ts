import type { SignedEvent } from "./event.ts";
import { isSignatureGood, isSignedByAny } from "./signed.ts";
import { trustedKeys } from "./trusted-keys.ts";

/**
 * Tells events that count from those that anybody could have put there: well signed, by the key there is now or by one that
 * rotations link to it. Without a key any good signature counts: nothing is removed then.
 */
export function believedEvents(events: readonly SignedEvent[], publicKey: string | undefined): (event: SignedEvent) => boolean {
  const keys = publicKey === undefined ? undefined : trustedKeys(publicKey, events);
  return (event) => (keys === undefined ? isSignatureGood(event) : isSignedByAny(event, keys));
}
