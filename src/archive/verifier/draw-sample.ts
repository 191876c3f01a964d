import { sha256Hex } from "../chain/canonical.ts";

/** Draws that many of the keys, the same ones for the same keys and seed. */
export function drawSample(keys: readonly string[], exports: number, seed: string): Set<string> {
  const drawn = keys.map((key) => ({ key, lot: sha256Hex(Buffer.from(`${seed}\0${key}`)) })).sort((a, b) => (a.lot < b.lot ? -1 : 1));
  return new Set(drawn.slice(0, exports).map(({ key }) => key));
}
