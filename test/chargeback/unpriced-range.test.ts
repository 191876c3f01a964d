import { expect, test } from "vitest";
import { valueUnpriced } from "../../src/chargeback/report/unpriced-range.ts";
import { inventRow } from "./invented-report.ts";

const tokens = (input: bigint): { input: bigint; output: bigint; cached: bigint; cacheWrite: bigint } => ({ input, output: 0n, cached: 0n, cacheWrite: 0n });
const unpriced = inventRow({ model: "new", cost: null, requests: 4n, unpricedRequests: 4n, tokens: tokens(1000n) });

test("unpriced requests are worth what their tokens cost at the cheapest and the dearest model of their provider", () => {
  const rows = [
    unpriced,
    inventRow({ model: "cheap", cost: 2_000n, tokens: tokens(100n) }),
    inventRow({ model: "dear", cost: 90_000n, tokens: tokens(300n) }),
    inventRow({ provider: "other", model: "free", cost: 1n, tokens: tokens(1_000_000n) }),
  ];
  // 20 and 300 nanodollars a token, 1,000 tokens.
  expect(valueUnpriced(rows)).toEqual({ least: 20_000n, most: 300_000n, requests: 4n });
});

test("a provider without prices takes those of all; a row that is priced in part counts its unpriced part of the tokens", () => {
  const rows = [
    inventRow({ provider: "own", model: "llama", cost: 5n, requests: 4n, unpricedRequests: 1n, tokens: tokens(4000n) }),
    inventRow({ model: "cheap", cost: 2_000n, tokens: tokens(100n) }),
  ];
  expect(valueUnpriced(rows)).toEqual({ least: 20_000n, most: 20_000n, requests: 1n });
});

test("without a token or without any price nothing is said", () => {
  expect(valueUnpriced([unpriced])).toBeNull();
  expect(valueUnpriced([{ ...unpriced, tokens: tokens(0n) }, inventRow({ cost: 2_000n, tokens: tokens(100n) })])).toBeNull();
  expect(valueUnpriced([inventRow()])).toBeNull();
});
