import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { billionths, dollarsText, requireDollars } from "../../src/ledger/dollars.ts";
import { jsonBytes } from "../../src/lake/json-object.ts";
import { layout } from "../../src/lake/layout.ts";
import { costOfDay } from "../../src/lake/ledger-totals.ts";
import { readQuotaSamples } from "../../src/lake/records/quota-samples.ts";
import { loadTrueUps } from "../../src/lake/records/kept-true-ups.ts";
import { allocationManifest } from "../../src/lake/months/allocation-manifest.ts";
import { budgetsOf } from "../../src/open/configured-budgets.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { formatDollars } from "../../src/ledger/money.ts";
import { temporaryFolder } from "../test-ledger.ts";

const UNREADABLE = ["", " ", "1,5", "$1", "1.", ".5", "1e3", "NaN", "Infinity", "null", "1.0000000001", "--1", "1 ", "١"];
const ORIGIN = { what: "the total of 2026-10-05 of prod", code: "manifest_unreadable", remedy: "restore it" } as const;

describe("money that cannot be read", () => {
  test.each(UNREADABLE)("%j is an error that names the amount, the value and the way out", (text) => {
    expect(() => requireDollars(text, ORIGIN)).toThrow(
      expect.objectContaining({ code: "manifest_unreadable", remedy: "restore it", message: `the total of 2026-10-05 of prod is ${JSON.stringify(text)}, which is not a decimal with up to nine decimal places` }),
    );
    expect([billionths, dollarsText].map((shape) => shape.safeParse(text).success)).toEqual([false, false]);
  });

  test("what can be read is read to the nanodollar, whatever it is", () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (amount) => {
      const text = formatDollars(amount);
      expect([requireDollars(text, ORIGIN), billionths.parse(text)]).toEqual([amount, amount]);
      expect(dollarsText.parse(text)).toBe(text);
    }));
  });

  test("any text is either read exactly or refused, and never counts as 0 otherwise", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.double().map(String)), (text) => {
      const isZero = billionths.safeParse(text).data === 0n;
      expect(isZero).toBe(/^-?0+(?:\.0{1,9})?$/.test(text));
    }));
  });
});

describe("a document of the ledger whose money cannot be read is refused", () => {
  test("a true-up", async () => {
    const lake = new FsStore(temporaryFolder());
    const record = { format: 1, month: "2026-10", made_at: "2026-11-02T00:00:00Z", made_by: "a", files: [] };
    for (const invoice of ["12,50", "-1.000000000"]) {
      await lake.replace(layout.trueUp("2026-10"), jsonBytes({ ...record, amounts: [{ provider: "a", model: "m", invoice_usd: invoice }] }));
      await expect(loadTrueUps(lake)).rejects.toThrow(/true-ups\/2026-10\.json: [^]*amounts\[0\]\.invoice_usd/);
    }
  });

  test("a sample of balances", async () => {
    const lake = new FsStore(temporaryFolder());
    const [from, at, to] = ["2026-10-01", "2026-10-02", "2026-10-03"].map((day) => new Date(day));
    await lake.replace(layout.quotaSample("prod", at!), jsonBytes({ format: 1, taken_at: at!.toISOString(), balances: [{ bucket: "b", balance_usd: "five" }] }));
    const samples = readQuotaSamples(lake, { from: from!, to: to! })[Symbol.asyncIterator]();
    await expect(samples.next()).rejects.toThrow(/"five" is not a decimal/);
  });

  test("a day's manifest, also where its shape was not checked", () => {
    const totals = { requests: 1, cost_usd: "much", unpriced_requests: 0 };
    expect(() => costOfDay({ date: "2026-10-05", instance: "prod", totals })).toThrow(/the total of 2026-10-05 of prod is "much"/);
  });

  test("allocations, by team", () => {
    const written = { format: 1, month: "2026-10", inputs: [], settings: "s", allocations: { key: "k", etag: "e", size: 1, sha256: "s", rows: 1 } };
    const parsed = allocationManifest.safeParse({ ...written, totals: { cost_usd: "1.000000000", direct_usd: [["web", ""]] } });
    expect(parsed.error === undefined ? "" : z.prettifyError(parsed.error)).toMatch(/direct_usd/);
  });

  test("a budget", () => {
    const limit = { name: "all", scope: new Map<string, string>(), amount: "lots", per: "month", thresholds: [], forecast: false, notify: [] } as const;
    expect(() => budgetsOf({ limits: [{ ...limit, thresholds: [], notify: [] }], timezone: "UTC" })).toThrow(/the amount of the budget all is "lots"/);
  });
});

describe("no code decides by itself what unreadable money counts as", () => {
  const root = join(import.meta.dirname, "../..");
  const sources = ["src", "jobs"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts")).map((name) => join(root, folder, name)),
  );
  const textOf = new Map(sources.map((file) => [relative(root, file), readFileSync(file, "utf8")]));
  const having = (pattern: RegExp): string[] => [...textOf].filter(([, text]) => pattern.test(text)).map(([file]) => file).sort();

  test("amounts are parsed where an unreadable one is refused", () => {
    expect(having(/\bparseDollars\b/)).toEqual(["src/aperture/gateway/quota-amounts.ts", "src/ledger/dollars.ts", "src/ledger/money.ts"]);
  });

  test("nothing that was parsed falls back to 0", () => {
    expect(textOf.size).toBeGreaterThan(500);
    const fallback = /\b(?:parse|read|require)[A-Z]\w*\((?:[^()]|\([^()]*\))*\)\s*(?:\?\?|\|\|)\s*["'`]?0/;
    expect("(parseDollars(text) ?? 0n)").toMatch(fallback);
    expect('parseDollars(String(amount).replace("$", "")) ?? 0n').toMatch(fallback);
    expect(having(fallback)).toEqual([]);
    expect(having(/\bNumber\((?:[^()]|\([^()]*\))*\)\s*(?:\?\?|\|\|)\s*0/)).toEqual([]);
  });
});
