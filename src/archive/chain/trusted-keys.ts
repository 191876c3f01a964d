import type { SignedEvent } from "./event.ts";
import { linkedKeys } from "./rotation.ts";

/** Keys that rotations link to the given one, before or after it, and itself. @param events of any gateways; what is no good rotation is passed over. */
export function trustedKeys(given: string, events: readonly SignedEvent[]): Set<string> {
  const links = events.flatMap((event) => linkedKeys(event) ?? []);
  const trusted = new Set([given]);
  // What is added while it is walked through is walked through as well.
  for (const key of trusted) {
    for (const { from, to } of links) {
      if (from === key) trusted.add(to);
      if (to === key) trusted.add(from);
    }
  }
  return trusted;
}
