import { expect, it } from "vitest";
import { simulationOptions } from "../../src/simulate/options.ts";
import { providerBill } from "../../src/simulate/provider-bill.ts";
import { inventRecords } from "../../src/simulate/write-exports.ts";
import { simulateAll } from "./read-exports.ts";

const OPTIONS = { from: new Date("2026-10-26T00:00:00Z"), days: 8, records: 3000, duplicates: 0.02, late: 0.02 };

interface Line {
  model: string;
  type: string;
  tokens: number;
  nanodollars: bigint;
}

function readBill(month: string): Line[] {
  const [, ...rows] = providerBill(inventRecords(simulationOptions(OPTIONS)), { provider: "openai", month }).trimEnd().split("\n");
  return rows.map((row) => {
    const [, , model = "", type = "", tokens = "", dollars = ""] = row.split(",");
    return { model, type, tokens: Number(tokens), nanodollars: BigInt(dollars.replace(".", "")) };
  });
}

it("bills what the exports hold of a provider's month, each request once, and nothing for models without a price", async () => {
  const { read } = await simulateAll(OPTIONS);
  const distinct = [...new Map(read.flat().map((record) => [record.capture_id, record])).values()];
  const used = distinct.filter(({ model, timestamp }) => ["gpt-5", "gpt-5-mini"].includes(model) && timestamp.startsWith("2026-10"));
  const lines = readBill("2026-10");
  const tokens = (type: string): number => lines.filter((line) => line.type === type).reduce((sum, line) => sum + line.tokens, 0);
  const counted = (name: string): number => used.reduce((sum, { usage }) => sum + (usage[name] ?? 0), 0);

  expect(new Set(lines.map(({ model }) => model))).toEqual(new Set(["gpt-5", "gpt-5-mini"]));
  expect([tokens("input"), tokens("cached"), tokens("output")]).toEqual([counted("input_tokens"), counted("cached_tokens"), counted("output_tokens")]);
  expect(lines.reduce((sum, { nanodollars }) => sum + nanodollars, 0n)).toBe(used.reduce((sum, { estimated_cost: cost }) => sum + BigInt(Math.round((cost?.dollars ?? 0) * 1e9)), 0n));
});

it("has the days of that month alone", () => {
  expect(readBill("2026-11").length).toBeGreaterThan(0);
  expect(readBill("2026-09")).toEqual([]);
});
