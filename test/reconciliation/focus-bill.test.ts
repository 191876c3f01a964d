import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { withDuckDb } from "../../src/ledger/sql/duckdb.ts";
import { combineBills } from "../../src/reconciliation/comparison/combine-bills.ts";
import { readBillFiles } from "../../src/reconciliation/gathering/read-bills.ts";
import { temporaryFolder } from "../test-ledger.ts";

type Row = Readonly<Record<string, string>>;

const DAY = { ChargePeriodStart: "2026-10-05T00:00:00Z", ChargePeriodEnd: "2026-10-06T00:00:00Z", BillingCurrency: "USD", ChargeCategory: "Usage" };

function csvOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (text = ""): string => `"${text.replaceAll('"', '""')}"`;
  return [columns.join(","), ...rows.map((row) => columns.map((column) => cell(row[column])).join(","))].join("\n");
}

async function linesOf(content: string | Buffer, name = "focus.csv"): Promise<string[]> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  const files = await readBillFiles([path]);
  return files.flatMap(({ parts }) => parts.flatMap(({ entries }) => entries.flatMap(({ lines }) => lines))).map(
    ({ date, provider, model, type, workspace, tokens, cost, foreign, effective }) =>
      `${date} ${provider}/${model} ${workspace ?? "-"} ${type}: ${String(tokens ?? "-")} tokens, ${foreign === undefined ? String(cost) : `${foreign.currency} ${String(foreign.amount)}`}${effective === undefined ? "" : `, worth ${String(effective)}`}`,
  );
}

const AWS = { ...DAY, ProviderName: "AWS", PublisherName: "Amazon Web Services, Inc.", InvoiceIssuerName: "Amazon Web Services, Inc.", SubAccountId: "111122223333" };
const GOOGLE = { ...DAY, ProviderName: "Google Cloud", InvoiceIssuerName: "Google Cloud", ServiceName: "Vertex AI" };
const AZURE = { ...DAY, ProviderName: "Microsoft", InvoiceIssuerName: "Microsoft", ServiceName: "Cognitive Services", ServiceCategory: "AI and Machine Learning" };

describe("a FOCUS file is a bill", () => {
  test.each<[string, readonly Row[], readonly string[]]>([
    [
      "Bedrock's, by the usage types of AWS, at Claude's prices for a million tokens",
      [
        { ...AWS, ServiceName: "Claude Sonnet 4.5 (Amazon Bedrock Edition)", x_UsageType: "USE1-MP:USE1_InputTokenCount-Units", BilledCost: "3.0", ConsumedQuantity: "1.0", ConsumedUnit: "1M tokens" },
        { ...AWS, ServiceName: "Amazon Bedrock", x_UsageType: "USE1-Claude4Sonnet-output-tokens", BilledCost: "0.015", ConsumedQuantity: "1", ConsumedUnit: "1K tokens" },
        { ...AWS, ServiceName: "Amazon Bedrock", x_UsageType: "USE1-Claude4Sonnet-cache-read-input-token-count", BilledCost: "3e-04", ConsumedQuantity: "1000", ConsumedUnit: "Tokens" },
        { ...AWS, ServiceName: "Amazon Bedrock", x_UsageType: "USE1-Claude4Sonnet-cache-write-input-token-count", BilledCost: "0.00375", ConsumedQuantity: "1000", ConsumedUnit: "Tokens" },
      ],
      [
        "2026-10-05 bedrock/claude-4-sonnet 111122223333 cache_write_5m: 1000 tokens, 3750000",
        "2026-10-05 bedrock/claude-4-sonnet 111122223333 cached: 1000 tokens, 300000",
        "2026-10-05 bedrock/claude-4-sonnet 111122223333 output: 1000 tokens, 15000000",
        "2026-10-05 bedrock/claude-sonnet-4.5 111122223333 input: 1000000 tokens, 3000000000",
      ],
    ],
    [
      "Vertex's, by descriptions, without what Google sells besides",
      [
        { ...GOOGLE, ChargeDescription: "Gemini 2.5 Flash Text Input - Predictions (token count)", BilledCost: "0.30", ConsumedQuantity: "1000000", ConsumedUnit: "count" },
        { ...GOOGLE, ChargeDescription: "Claude Haiku 4.5 Output Tokens", BilledCost: "0.05", ConsumedQuantity: "10000", ConsumedUnit: "tokens" },
        { ...GOOGLE, ChargeDescription: "Vertex AI Workbench N1 Core", BilledCost: "99", ConsumedQuantity: "5", ConsumedUnit: "hour" },
        { ...GOOGLE, ServiceName: "Compute Engine", ChargeDescription: "N2 Instance Core", BilledCost: "500", ConsumedQuantity: "5", ConsumedUnit: "hour" },
      ],
      ["2026-10-05 vertex/claude-haiku-4.5 - output: 10000 tokens, 50000000", "2026-10-05 vertex/gemini-2.5-flash - input: - tokens, 300000000"],
    ],
    [
      "Azure's, by meters, with what is provisioned as a line of its own",
      [
        { ...AZURE, x_SkuMeterName: "gpt 4o 0806 Inp glbl Tokens", BilledCost: "2.5", ConsumedQuantity: "1000", ConsumedUnit: "1K Tokens" },
        { ...AZURE, x_SkuMeterName: "gpt 4o 0806 cchd Inp glbl Tokens", BilledCost: "1.25", ConsumedQuantity: "1000", ConsumedUnit: "1K Tokens" },
        { ...AZURE, x_SkuMeterName: "Azure OpenAI Provisioned Managed Global Unit", ChargeDescription: "Provisioned Managed Global Unit", BilledCost: "24", ConsumedQuantity: "24", ConsumedUnit: "Hours" },
        { ...AZURE, x_SkuMeterName: "S1 Speech To Text", BilledCost: "7", ConsumedQuantity: "7", ConsumedUnit: "Hours" },
      ],
      [
        "2026-10-05 azure/Provisioned Managed Global Unit - other: - tokens, 24000000000",
        "2026-10-05 azure/gpt-4o - cached: 1000000 tokens, 1250000000",
        "2026-10-05 azure/gpt-4o - input: 1000000 tokens, 2500000000",
      ],
    ],
    [
      "a vendor's of 1.4, which has neither ProviderName nor PublisherName, with credits, taxes and purchases as other lines",
      [
        { ...DAY, ServiceProviderName: "OpenRouter, Inc.", HostProviderName: "OpenRouter", InvoiceIssuerName: "OpenRouter", ServiceName: "OpenRouter", x_Model: "anthropic/claude-opus-4-8", SkuMeter: "Cache Write Tokens (1 Hour)", BilledCost: "1.5", ConsumedQuantity: "100", ConsumedUnit: "Tokens" },
        { ...DAY, ServiceProviderName: "OpenRouter, Inc.", InvoiceIssuerName: "OpenRouter", x_Model: "anthropic/claude-opus-4-8", SkuMeter: "Requests", BilledCost: "0.25", ConsumedQuantity: "9", ConsumedUnit: "Requests" },
        { ...DAY, ServiceProviderName: "OpenRouter, Inc.", InvoiceIssuerName: "OpenRouter", ChargeCategory: "Purchase", ChargeDescription: "Credits", ChargePeriodEnd: "2026-11-05T00:00:00Z", BilledCost: "100" },
        { ...DAY, ServiceProviderName: "OpenRouter, Inc.", InvoiceIssuerName: "OpenRouter", ChargeCategory: "Tax", ChargeDescription: "VAT", BilledCost: "19" },
        { ...DAY, ServiceProviderName: "OpenRouter, Inc.", InvoiceIssuerName: "OpenRouter", ChargeCategory: "Credit", ChargeDescription: "Goodwill", BilledCost: "-2" },
      ],
      [
        "2026-10-05 openrouter/Credit: Goodwill - other: - tokens, -2000000000",
        "2026-10-05 openrouter/Purchase: Credits - other: - tokens, 100000000000",
        "2026-10-05 openrouter/Tax: VAT - other: - tokens, 19000000000",
        "2026-10-05 openrouter/anthropic/claude-opus-4-8 - all: - tokens, 250000000",
        "2026-10-05 openrouter/anthropic/claude-opus-4-8 - cache_write_1h: 100 tokens, 1500000000",
      ],
    ],
    [
      "usage that a commitment pays for, and lines in euros, which stay euros",
      [
        { ...AWS, ServiceName: "Amazon Bedrock", SkuPriceDetails: '{"model": "claude-opus-4-8"}', SkuMeter: "Input Tokens", BilledCost: "0", EffectiveCost: "4.5", ConsumedQuantity: "10", ConsumedUnit: "Tokens" },
        { ...AWS, ServiceName: "Amazon Bedrock", SkuPriceDetails: '{"model": "claude-opus-4-8"}', SkuMeter: "Input Tokens", BilledCost: "7.000000001", EffectiveCost: "7.000000001", ConsumedQuantity: "10", ConsumedUnit: "Tokens", BillingCurrency: "eur" },
      ],
      ["2026-10-05 bedrock/claude-opus-4-8 111122223333 input: 10 tokens, 0, worth 4500000000", "2026-10-05 bedrock/claude-opus-4-8 111122223333 input: 10 tokens, EUR 7000000001"],
    ],
  ])("%s", async (_name, rows, lines) => {
    expect((await linesOf(csvOf(rows))).toSorted()).toEqual([...lines].toSorted());
  });

  test("rows of a day are summed up, also compressed and as Parquet, and digits below a nanodollar count until they are summed", async () => {
    const hour = (index: number): Row => ({ ...AWS, ServiceName: "Amazon Bedrock", x_Model: "m", SkuMeter: "Input Tokens", ConsumedUnit: "Tokens", BilledCost: "0.0000000004", ConsumedQuantity: "3", ChargePeriodStart: `2026-10-05T${String(index).padStart(2, "0")}:00:00Z`, ChargePeriodEnd: `2026-10-05T${String(index).padStart(2, "0")}:59:59Z` });
    const csv = csvOf(Array.from({ length: 20 }, (_, index) => hour(index)));
    const line = ["2026-10-05 bedrock/m 111122223333 input: 60 tokens, 8"];
    expect(await linesOf(csv)).toEqual(line);
    expect(await linesOf(gzipSync(csv), "focus.csv.gz")).toEqual(line);
    const folder = temporaryFolder();
    writeFileSync(join(folder, "focus.csv"), csv);
    const parquet = join(folder, "focus.parquet");
    await withDuckDb({ temporaryDirectory: folder }, (duck) => duck.run(`COPY (SELECT * REPLACE (BilledCost::DOUBLE AS BilledCost, ConsumedQuantity::DECIMAL(38,6) AS ConsumedQuantity, ChargePeriodStart::TIMESTAMPTZ AS ChargePeriodStart) FROM read_csv('${join(folder, "focus.csv")}', all_varchar = true)) TO '${parquet}' (FORMAT parquet)`));
    const [file] = await readBillFiles([parquet]);
    expect(file?.parts[0]?.entries.map(({ lines }) => [lines[0]?.tokens, lines[0]?.cost])).toEqual([[60n, 8n]]);
  });

  test("every row counts, also one that begins with # as a comment would, on the UTC day on which its charge begins", async () => {
    const use = { ...DAY, ServiceProviderName: "OpenRouter", x_Model: "m", SkuMeter: "Input Tokens", ConsumedUnit: "Tokens", ConsumedQuantity: "1" };
    const text = csvOf([
      { ChargeDescription: "#1 of the month", BilledCost: "1", ...use },
      { ChargeDescription: "2 of the month", BilledCost: "2", ...use },
      { ChargeDescription: "#3 of the month", BilledCost: "4", ...use },
      { ChargeDescription: "summer time's last day", BilledCost: "8", ...use, ChargePeriodStart: "2026-10-25T00:00:00+02:00", ChargePeriodEnd: "2026-10-26T00:00:00+01:00" },
      { ChargeDescription: "winter", BilledCost: "16", ...use, ChargePeriodStart: "2026-10-31T00:00:00-05:00", ChargePeriodEnd: "2026-11-01T00:00:00-05:00" },
    ]).replaceAll('"', "");
    const lines = ["2026-10-05 openrouter/m - input: 3 tokens, 7000000000", "2026-10-24 openrouter/m - input: 1 tokens, 8000000000", "2026-10-31 openrouter/m - input: 1 tokens, 16000000000"];
    expect(await linesOf(text)).toEqual(lines);
    expect(await linesOf(gzipSync(text), "focus.csv.gz")).toEqual(lines);
  });

  test.each<[string, string | Buffer, RegExp]>([
    ["a row of other columns", `${csvOf([{ ...AWS, BilledCost: "1" }, { ...AWS, BilledCost: "2" }])}\n1,2,3`, /^focus.csv: it is not a FOCUS file|^focus.csv: it cannot be read as CSV/],
    ["a line of another program", `${csvOf([{ ...AWS, BilledCost: "1" }])}\n# written by somebody`, /^focus.csv: it is not a FOCUS file|^focus.csv: it cannot be read as CSV/],
    ["a bad amount, with row and column", csvOf([{ ...AWS, BilledCost: "1" }, { ...AWS, BilledCost: "1,5" }]), /^focus.csv, row 2, column BilledCost: "1,5" is not a valid number/],
    ["no amount", csvOf([{ ...AWS, BilledCost: "" }]), /^focus.csv, row 1, column BilledCost: "" is not a valid number/],
    ["a bad quantity", csvOf([{ ...AWS, BilledCost: "1", ConsumedQuantity: "many" }]), /row 1, column ConsumedQuantity: "many" is not a valid number/],
    ["a bad time", csvOf([{ ...AWS, BilledCost: "1", ChargePeriodStart: "October" }]), /row 1, column ChargePeriodStart: "October" is not a valid time/],
    ["no currency", csvOf([{ ...AWS, ServiceName: "Amazon Bedrock", BilledCost: "1", BillingCurrency: "" }]), /^focus.csv, 2026-10-05, bedrock\/Amazon Bedrock: BillingCurrency is ""/],
    ["usage of a month together", csvOf([{ ...AWS, ServiceName: "Amazon Bedrock", x_Model: "m", SkuMeter: "Input Tokens", ConsumedUnit: "Tokens", BilledCost: "1", ChargePeriodEnd: "2026-11-05T00:00:00Z" }]), /a row covers 31 days, but bills are compared by day/],
    ["another Parquet file", Buffer.from("PAR1 nothing"), /^focus.csv: it cannot be read as Parquet/],
    ["another compressed file", gzipSync("a,b\n1,2\n"), /^focus.csv: it is not a FOCUS file: it lacks ChargeCategory, BillingCurrency, BilledCost, /],
  ])("what cannot be read is named: %s", async (_name, content, message) => {
    await expect(linesOf(content)).rejects.toThrow(message);
  });
});

describe("several FOCUS files are one bill", () => {
  async function combine(...contents: string[]): Promise<number> {
    const folder = temporaryFolder();
    const paths = contents.map((content, index) => {
      const path = join(folder, `part-${String(index)}.csv`);
      writeFileSync(path, content);
      return path;
    });
    const { lines } = combineBills(await readBillFiles(paths));
    return Number(lines.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n)) / 1e9;
  }
  const rows = (...costs: string[]): Row[] => costs.map((cost, index) => ({ ...AWS, ServiceName: "Amazon Bedrock", x_Model: `m${String(index)}`, SkuMeter: "Input Tokens", ConsumedUnit: "Tokens", BilledCost: cost, ConsumedQuantity: cost }));

  test("parts of one export add up", async () => {
    expect(await combine(csvOf(rows("1", "2", "3")), csvOf(rows("4", "5", "6")))).toBe(21);
  });

  test("what a cloud asks for other services is summed up by service and currency, and left out", async () => {
    const folder = temporaryFolder();
    const others = ["EC2", "EC2", "S3"].map((service, index): Row => ({ ...AWS, ServiceName: `Amazon ${service}`, ChargeDescription: "x", BilledCost: String(index + 1), BillingCurrency: index === 2 ? "EUR" : "USD" }));
    writeFileSync(join(folder, "a.csv"), csvOf([...others, ...rows("4")]));
    writeFileSync(join(folder, "b.csv"), csvOf(others.slice(0, 1)));
    const { lines, otherServices } = combineBills(await readBillFiles([join(folder, "a.csv"), join(folder, "b.csv")]));
    expect([lines.map(({ cost }) => cost), otherServices]).toEqual([[4_000_000_000n], [{ service: "Amazon EC2", currency: "USD", amount: 4_000_000_000n }, { service: "Amazon S3", currency: "EUR", amount: 3_000_000_000n }]]);
  });

  test("an export and a later one of the same days are refused", async () => {
    await expect(combine(csvOf(rows("1", "2", "3")), csvOf(rows("1", "2", "4")))).rejects.toThrow(/^part-1.csv and part-0.csv both have 2 equal lines|^part-0.csv and part-1.csv both have 2 equal lines/);
  });
});
