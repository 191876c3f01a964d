import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coversPattern } from "../../src/prices/list/covers-pattern.ts";
import { findShadowed } from "../../src/prices/list/find-shadowed.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";
import { compilePriceList } from "../../src/prices/list/price-list.ts";
import { resolvePrice } from "../../src/prices/list/resolve-price.ts";
import { parseModelName } from "../../src/ledger/names/model-name.ts";
import { matchName } from "../../src/ledger/names/written-name.ts";
import { NO_TERMS } from "../../src/ledger/usage/terms.ts";
import { provider } from "./price-requests.ts";

function price(match: string, more: Partial<PriceEntry> = {}): PriceEntry {
  return { match, input: 1, ...more };
}

function shadowed(entries: readonly PriceEntry[]): string[] {
  return findShadowed(entries, "UTC").map(({ index, byIndex, because }) => `${index} ${because} by ${byIndex}`);
}

describe("an entry that can never win", () => {
  test.each<[string, PriceEntry[], string[]]>([
    ["behind a pattern for more", [price("claude-*"), price("claude-sonnet-4-5")], ["1 covered by 0"]],
    ["behind a pattern for all", [price("**"), price("anthropic/claude-*"), price("claude-*")], ["2 covered by 0"]],
    ["behind all models of all providers", [price("*/*"), price("gpt-5")], ["1 covered by 0"]],
    ["behind all of its provider", [price("xai/**"), price("xai/grok-*"), price("xai/a/b")], ["1 covered by 0", "2 covered by 0"]],
    ["with the same pattern and no date, replaced below", [price("gpt-5"), price("gpt-5", { input: 2 })], ["0 replaced by 1"]],
    ["with the same first day, replaced below", [price("m"), price("m", { from: "2026-10-05" }), price("m", { from: "2026-10-05" })], ["1 replaced by 2"]],
    ["and begins when the other has begun", [price("g*", { from: "2026-10-01" }), price("gpt-5", { from: "2026-10-01" })], ["1 covered by 0"]],
  ])("%s, is found with the one that wins", (_, entries, found) => {
    expect(shadowed(entries)).toEqual(found);
  });

  test.each<[string, PriceEntry[]]>([
    ["stands above the pattern", [price("claude-sonnet-4-5"), price("claude-*")]],
    ["is for another name", [price("claude-sonnet-*"), price("claude-*")]],
    ["was in force before the pattern was", [price("g*", { from: "2026-10-01" }), price("gpt-5")]],
    ["is the same pattern of another day", [price("gpt-5"), price("gpt-5", { from: "2026-10-01" })]],
    ["is for models with a vendor in their names", [price("grok-*"), price("xai/grok-*")]],
    ["holds a wildcard that is meant literally", [price("a?"), price("=a**")]],
    ["is the plain name of a dated one", [price("gpt-4o-2024-05-13"), price("gpt-4o")]],
  ])("is not one that %s", (_, entries) => {
    expect(shadowed(entries)).toEqual([]);
  });

  const segment = fc.stringMatching(/^[ab?*]{1,3}$/);
  const pattern = fc.oneof(fc.array(fc.oneof(segment, fc.constant("**")), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/")), fc.constantFrom("=a*", "a[b]", "**"));
  const name = fc.array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));

  test("is never one whose pattern matches a name that the other does not", () => {
    fc.assert(
      fc.property(pattern, pattern, fc.array(fc.oneof(name, pattern), { maxLength: 20 }), (wide, narrow, names) => {
        if (!coversPattern(wide, narrow)) return;
        for (const one of names.filter(matchName(narrow))) expect(matchName(wide)(one), `${wide} covers ${narrow}`).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("prices no request, whatever it asks for and when", () => {
    const tier = fc.constantFrom(undefined, undefined, "batch", "priority");
    const entry = fc.record({ match: pattern, service_tier: tier, from: fc.constantFrom(undefined, "2026-10-01", "2026-10-02"), input: fc.constant(1) });
    const written = fc.oneof(name, name.map((one) => one.replaceAll("/", "%2F")));
    const request = fc.record({ tier, provider: fc.constantFrom("a", "b", "ab"), recorded: written, as: fc.option(name), at: fc.constantFrom("2026-09-30", "2026-10-01", "2026-10-03") });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 2, maxLength: 6 }), fc.array(request, { minLength: 1, maxLength: 10 }), (entries, requests) => {
        const useless = new Set(findShadowed(entries, "UTC").map((found) => found.entry));
        const list = compilePriceList(entries, "UTC");
        for (const { provider: id, recorded, as, at, tier: service_tier = null } of requests) {
          const of = { provider: id, model: parseModelName(`${id}/${recorded}`).model, model_recorded: recorded, api_type: null, cost_basis: null, ...NO_TERMS, service_tier };
          const gateway = [provider(id, { costBasis: "a", modelCostMap: as === null ? [] : [{ match: "**", as, adjustment: 1 }] })];
          const found = resolvePrice(of, list, gateway, Date.parse(at));
          expect(found !== undefined && useless.has(found.entry), JSON.stringify({ entries, of })).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
