import * as fc from "fast-check";
import { recordOf } from "../../src/ledger/record-of.ts";
import { mapTerms } from "../../src/ledger/usage/terms.ts";
import { TOKEN_COLUMNS } from "../../src/ledger/usage/usage-columns.ts";
import type { UsageRecord } from "../../src/ledger/usage/usage-record.ts";

const odd = fc.constantFrom("", "\0", "a\0b", "💸", "\u{10ffff}", "é", "\ufffd", "null", "'; --", "=1+1", "\r\n", "x".repeat(300));
/** No byte order mark at the start: readers written in JavaScript take it off what they read. */
const text = fc.oneof(odd, fc.string({ unit: "binary", maxLength: 12 }).map((any) => any.replace(/^\ufeff+/, "")));
const nullableText = fc.option(text);
const count = fc.oneof(fc.constantFrom(0, 2 ** 53 - 1), fc.nat(), fc.maxSafeNat());
const whole = fc.oneof(fc.constantFrom(0, 2 ** 31 - 1), fc.nat({ max: 2 ** 31 - 1 }));
const FIRST = Date.UTC(2020, 0, 1) * 1000;
const MAX_COST = 10n ** 18n - 1n;

/** Microseconds since 1970 within a few days of 2026. */
export const micros = fc.integer({ min: Date.UTC(2026, 9, 1) * 1000, max: Date.UTC(2026, 9, 4) * 1000 });
const anyTime = fc.oneof({ weight: 9, arbitrary: micros }, { weight: 1, arbitrary: fc.constantFrom(FIRST, Date.UTC(2026, 9, 1) * 1000 - 1) });

/** A usage record with any value that its types and the reader's checks allow. */
export const usageRecord: fc.Arbitrary<UsageRecord> = fc.record({
  ts: anyTime,
  instance: text,
  recordId: fc.option(fc.oneof(fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 0n), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
  captureId: nullableText,
  sessionId: nullableText,
  nodeId: nullableText,
  caller: text,
  callerType: fc.constantFrom("user", "tag", "unknown"),
  tags: fc.array(text, { maxLength: 4 }),
  agent: nullableText,
  userAgent: nullableText,
  provider: text,
  model: text,
  modelRecorded: text,
  apiType: nullableText,
  path: nullableText,
  statusCode: whole,
  durationMs: fc.option(fc.oneof(count, fc.maxSafeInteger())),
  tokens: fc.record(recordOf(TOKEN_COLUMNS, ({ property }) => property, () => count)),
  unknownCounts: fc.array(fc.tuple(text, fc.oneof(count, fc.constantFrom(0.5, 12.75)).filter((any) => any > 0)), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  cost: fc.option(fc.oneof(fc.constantFrom(0n, 1n, MAX_COST), fc.bigInt({ min: 0n, max: MAX_COST }))),
  costSource: fc.constantFrom("aperture", "price_list", "none"),
  costBasis: nullableText,
  priceVersion: nullableText,
  billing: fc.constantFrom("metered", "subscription", "caller_key", "self_hosted"),
  billingAssumed: fc.boolean(),
  toolCalls: whole,
  tools: fc.array(fc.record({ server: nullableText, tool: text, calls: fc.nat() }), { maxLength: 3 }),
  terms: fc.record(mapTerms(() => nullableText)),
  dimensions: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/), text, { maxKeys: 4, noNullPrototype: true }),
  partial: fc.boolean(),
  export: text,
});
