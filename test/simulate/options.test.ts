import { describe, expect, it } from "vitest";
import { LedgerError } from "../../src/ledger/errors.ts";
import { simulationOptions } from "../../src/simulate/options.ts";
import { simulateExports } from "../../src/simulate/write-exports.ts";

describe("simulationOptions", () => {
  it.each([
    { records: 0 },
    { records: 1.5 },
    { days: 0 },
    { days: Number.NaN },
    { everySeconds: 0 },
    { limit: 0 },
    { limit: 1_000_001 },
    { duplicates: -0.1 },
    { late: 1.1 },
    { growth: 0 },
    { growth: Number.NaN },
    { late: 0.6, duplicates: 0.6 },
    { from: new Date("yesterday") },
  ])("refuses %o before anything is written", (given) => {
    const [name] = Object.keys(given);
    expect(() => simulateExports(given)).toThrow(LedgerError);
    expect(() => simulateExports(given)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining(name!) }));
  });

  it("starts on a fixed date, never today", () => {
    expect(simulationOptions({}).from).toEqual(new Date("2026-10-01T00:00:00Z"));
  });
});
