import type { Correction } from "../../src/chargeback/corrections/correction.ts";

const OF_SEPTEMBER: Correction = {
  corrects: "2026-09",
  cause: "late_export",
  reason: "ts-aperture-export-1790000000.cbor.zstd came after the close",
  team: "web",
  costCenter: "CC-200",
  caller: "user03@example.com",
  callerType: "user",
  tag: "(untagged)",
  dimensions: { repo: "acme/web" },
  instance: "prod",
  provider: "anthropic",
  model: "claude-opus-4-8",
  billing: "metered",
  method: "member",
  rule: "directory",
  was: 1_000_000_000n,
  is: 1_250_000_001n,
  difference: 250_000_001n,
  requests: 2_000_000_000n,
};

/** One of each kind that a later month may book. */
export const SOME_CORRECTIONS: readonly Correction[] = [
  OF_SEPTEMBER,
  { ...OF_SEPTEMBER, cause: "price_version", reason: "claude-opus-4-8 from 2026-09-20", was: 2_000_000_000n, is: 1_500_000_000n, difference: -500_000_000n, requests: 0n },
  { ...OF_SEPTEMBER, cause: "directory_change", reason: "user03@example.com is in research", team: "(unallocated)", costCenter: null, was: null, is: 7n, difference: 7n },
  { ...OF_SEPTEMBER, billing: "subscription", reason: "late", was: null, is: 3_000_000_000n, difference: 3_000_000_000n },
  { ...OF_SEPTEMBER, method: "adjustment", rule: "negotiated", was: -100n, is: -125n, difference: -25n, requests: 0n },
  { ...OF_SEPTEMBER, reason: "unpriced before and after", was: null, is: null, difference: 0n },
];
