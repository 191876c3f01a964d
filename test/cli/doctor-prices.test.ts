import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { findInPrices } from "../../src/cli/doctor/doctor-prices.ts";
import { EXAMPLE_CONFIG } from "../../src/cli/commands/example-config.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { ratesByTier } from "../../src/prices/list/exact-rates.ts";
import type { PriceEntry } from "../../src/prices/list/price-entry.ts";

async function said(prices: readonly PriceEntry[]): Promise<string[]> {
  const found = await findInPrices(checkConfig({ prices }, "aperture-ledger.yaml"));
  return found.map(({ state, finding, remedy }) => [state, finding, ...(remedy === undefined ? [] : [remedy])].join(" | "));
}

test("doctor names each entry that can never win, and the one that wins in its place", async () => {
  expect(
    await said([
      { match: "claude-*", input: 3 },
      { match: "claude-sonnet-4-5", from: "2026-10-01", input: 4 },
      { match: "gpt-5", input: 1 },
      { match: "gpt-5", input: 2 },
    ]),
  ).toEqual([
    "ok | 4 entries for 3 patterns",
    "attention | entry 2 (claude-sonnet-4-5 from 2026-10-01) can never win: entry 1 (claude-*) comes before it, matches everything that it matches and is in force whenever it is | move it above that one, or remove it",
    "attention | entry 3 (gpt-5) can never win: entry 4 (gpt-5) replaces it from its first day on | remove the earlier entry, or give the later one a different first day",
  ]);
});

test("doctor says which prices a tier keeps, and which follow its own", async () => {
  const entry = { match: "m", input: 3, output: 15, cached: 0.3, cache_write_5m: "3.75", reasoning: 20, web_search: 0.01 };
  expect(await said([{ ...entry, tiers: [{ above: 400_000, input: 12 }, { above: 200_000, input: 6, output: 22.5, cached: 0.5 }] }])).toEqual([
    "ok | 1 entries for 1 patterns",
    "ok | entry 1 (m), above 200000 tokens: cache_write_5m $7.5 follows input, reasoning $30 follows output, web_search $0.01 stays",
    "ok | entry 1 (m), above 400000 tokens: cached $1 follows input, cache_write_5m $15 follows input, output $22.5 stays, reasoning $30 stays, web_search $0.01 stays",
  ]);
});

test("doctor says the ratio that a price keeps over a tier whose input is free", async () => {
  const tiers = [{ above: 3, input: 0 }, { above: 4, input: 12 }];
  expect((await said([{ match: "m", input: 3, cached: 0.3, tiers }])).slice(1)).toEqual([
    "ok | entry 1 (m), above 3 tokens: cached $0 follows input",
    "ok | entry 1 (m), above 4 tokens: cached $1.2 follows input",
  ]);
});

test("the samples of docs and init have the prices of long prompts that Anthropic's table gives", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/prices.md"), "utf8");
  const sampleOfPage = /```yaml\n([^`]*^prices:[^`]*)```/m.exec(page)?.[1] ?? "";
  const sampleOfInit = (/^# prices:\n(?:# {3}.*\n)+/m.exec(EXAMPLE_CONFIG)?.[0] ?? "").replaceAll(/^# /gm, "");
  for (const sample of [sampleOfPage, sampleOfInit]) {
    const { prices } = checkConfig(parse(sample), "aperture-ledger.yaml");
    const sonnet = typeof prices === "string" ? undefined : prices?.find(({ match, tiers }) => match === "claude-sonnet-*" && tiers !== undefined);
    expect(sonnet, sample).toBeDefined();
    const above = ratesByTier(sonnet!, 1)?.at(-1);
    const dollars = Object.fromEntries([...(above?.rates ?? [])].map(([name, rate]) => [name, Number(rate) / 1e18]));
    expect(dollars, sample).toMatchObject({ input: 6, output: 22.5, cached: 0.6, cache_write_5m: 7.5, cache_write_1h: 12 });
  }
});
