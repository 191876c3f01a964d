import type { PlacedGrant } from "./judge-access.ts";

const NUMBERS = new Intl.Collator("en", { numeric: true });

/** Orders grants: gateways by name, then the tailnet policy; within each, by position in the text. */
export function byOrigin(a: Pick<PlacedGrant, "instance" | "origin" | "place">, b: Pick<PlacedGrant, "instance" | "origin" | "place">): number {
  if (a.instance !== b.instance) return a.instance === null ? 1 : b.instance === null ? -1 : byName(a.instance, b.instance);
  return NUMBERS.compare(a.origin, b.origin) || NUMBERS.compare(a.place, b.place);
}

export function byName(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
