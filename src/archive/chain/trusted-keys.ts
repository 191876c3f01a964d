import type { SignedEvent } from "./event.ts";
import { linkedKeys } from "./rotation.ts";

/** The given key and all that rotations link to it, earlier or later. @param events of any gateways; skips all but valid rotations. */
export function trustedKeys(given: string, events: readonly SignedEvent[]): Set<string> {
  const links = events.flatMap((event) => linkedKeys(event) ?? []);
  const trusted = new Set([given]);
  // The loop also visits the keys that it adds.
  for (const key of trusted) {
    for (const { from, to } of links) {
      if (from === key) trusted.add(to);
      if (to === key) trusted.add(from);
    }
  }
  return trusted;
}
