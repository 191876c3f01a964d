import { describe, expect, test } from "vitest";
import { BILLIONTHS } from "../../src/ledger/money.ts";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { renderTeamsCsv } from "../../src/chargeback/report/render-teams-csv.ts";
import type { ChargebackReport } from "../../src/chargeback/report/report.ts";
import type { AllocationLine } from "../../src/chargeback/report/summarise-allocations.ts";
import { describeChargeback } from "../../src/cli/commands/describe-chargeback.ts";
import { allocateRow, HOSTILE_NAMES, inventReport, inventRow } from "./invented-report.ts";

const NONE = { requests: 0n, unpricedRequests: 0n, tokens: { input: 0n, output: 0n, cached: 0n, cacheWrite: 0n } };
const CI = inventRow({ caller: "tag:ci,tag:eu", callerType: "tag", tags: ["tag:ci", "tag:eu"], cost: 1_230_000_001n });
const PLAN = inventRow({ billing: "subscription", cost: 3_000_000_000n });

const payments = { team: "payments", costCenter: "CC-100", method: "rule", rule: "ci" };
/** A CI request between two tags, and a person's plan. */
const SPLIT: readonly AllocationLine[] = [
  allocateRow(CI, { ...payments, tag: "tag:ci", cost: 615_000_001n, requests: BILLIONTHS / 2n }),
  allocateRow(CI, { ...payments, tag: "tag:eu", cost: 615_000_000n, requests: BILLIONTHS / 2n, tokens: NONE.tokens }),
  allocateRow(PLAN, { ...payments, method: "member" }),
];
const DISCOUNT = allocateRow(CI, { ...payments, ...NONE, tag: "tag:ci", method: "adjustment", rule: "committed spend", cost: -123_000_000n });

function report(rows: readonly AllocationLine[] = SPLIT, tags: "even" | "full" = "even"): ChargebackReport {
  return inventReport([CI, PLAN], {}, { rows, tags });
}

async function section(of: ChargebackReport, id: string): Promise<string> {
  const page = await renderHtml(of, REPORT_FILES);
  return new RegExp(`<section aria-labelledby="${id}">.*?</section>`, "s").exec(page)?.[0] ?? "";
}

const texts = (html: string): string[] => [...html.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => (cell ?? "").replace(/<[^>]+>/g, "").trim());

interface JsonRow {
  team?: string;
  tag?: string;
  owed_usd: string | null;
}
const parse = (of: ChargebackReport): Record<string, JsonRow[]> & { by_tag_adds_up: boolean } => JSON.parse(renderJson(of)) as never;
const tell = (of: ChargebackReport): string[] =>
  describeChargeback({ report: of, written: ["html"] }, []);

describe("(unallocated)", () => {
  test("is a row of the page, the JSON and the text, also at zero, and then nothing warns", async () => {
    const teams = await section(report(), "teams");
    expect(await section(report(), "unallocated")).toContain("Every request has a team that pays for it.");
    expect(texts(teams)).toEqual(expect.arrayContaining(["payments", "(unallocated)"]));
    expect(teams).toContain('class="unallocated"');
    expect(parse(report())["by_team"]?.map(({ team, owed_usd }) => [team, owed_usd])).toEqual([
      ["payments", "1.230000001"],
      ["(unallocated)", "0.000000000"],
    ]);
    expect(tell(report()).filter((line) => line.startsWith("team "))).toEqual([
      "team         payments, cost centre CC-100: $1.23 owed, list value $3.00",
      "team         (unallocated): $0.00 owed, list value none",
    ]);
  });

  test("warns with its amount when it is not zero", async () => {
    const teams = await section(inventReport([CI, PLAN]), "teams");
    expect(teams).toContain('class="unallocated owing"');
    expect((await section(inventReport([CI, PLAN]), "unallocated")).replace(/<[^>]+>/g, "")).toContain("No team is charged for $1.23 of what is owed and $3.00 of list value,\nin 2 requests");
  });
});

describe("adjustments", () => {
  test("are between the usage and what is owed, in the total, the team and the text", async () => {
    const adjusted = report([...SPLIT, DISCOUNT]);
    const total = (await section(adjusted, "total")).replace(/<[^>]+>/g, " ");
    for (const figure of [/Usage cost[^$]*\$1\.23\b/, /Adjustments\s+-\$0\.12\b/, /Owed\s+\$1\.11\b/]) expect(total).toMatch(figure);
    const [payments_] = parse(adjusted)["by_team"] ?? [];
    expect(payments_).toMatchObject({ owed_usd: "1.107000001", adjustments_usd: "-0.123000000", cost_usd: "4.230000001", list_value_usd: "3.000000000" });
    expect(JSON.parse(renderJson(adjusted))).toMatchObject({ total: { cost_usd: "4.230000001", owed_usd: "1.107000001", adjustments_usd: "-0.123000000" } });
    expect(tell(adjusted)).toEqual(expect.arrayContaining(["adjustments  -$0.12", "owed         $1.11: metered, self-hosted, adjustments"]));
  });

  test("are not spoken of where there are none", async () => {
    expect(await section(report(), "total")).not.toContain("Adjustments");
    expect(tell(report()).join("\n")).not.toContain("adjustments");
    expect(parse(report())["by_team"]?.[0]).toMatchObject({ adjustments_usd: null });
  });
});

test("the text has the cents of the page, which add up, and an amount below a cent is not zero", async () => {
  const thirds = ["a", "b", "c"].map((team) => allocateRow(CI, { team, costCenter: null, method: "rule", rule: "ci", tag: "tag:ci", cost: 333_333_333n, requests: BILLIONTHS / 4n }));
  const crumb = allocateRow(CI, { team: "d", costCenter: null, method: "rule", rule: "ci", tag: "tag:ci", cost: 1_000_001n, requests: BILLIONTHS / 4n });
  const invented = inventReport([inventRow({ ...CI, cost: 1_001_000_000n })], {}, { rows: [...thirds, crumb], tags: "even" });
  // $1.001 is $1.00: of the three thirds, the first gets the cent that rounding down loses.
  expect(tell(invented).filter((line) => /^(?:owed|team) /.test(line))).toEqual([
    "owed         $1.00: metered, self-hosted",
    "team         a: $0.34 owed, list value none",
    "team         b: $0.33 owed, list value none",
    "team         c: $0.33 owed, list value none",
    "team         d: <$0.01 owed, list value none",
    "team         (unallocated): $0.00 owed, list value none",
  ]);
  const page = await renderHtml(invented, REPORT_FILES);
  const booked = /<section aria-labelledby="book">.*?<\/section>/s.exec(page)?.[0] ?? "";
  expect([...booked.matchAll(/class="figure" title="[^"]*">(\$[\d.]+)</g)].map(([, cents]) => cents)).toEqual(expect.arrayContaining(["$0.34", "$0.33", "$0.00"]));
});

test("sums stand before the teams that they are sums of", () => {
  const lines = tell(report([...SPLIT, DISCOUNT])).map((line) => line.slice(0, 12).trim());
  expect(Math.max(lines.indexOf("total"), lines.indexOf("owed"), lines.indexOf("adjustments"))).toBeLessThan(lines.indexOf("team"));
});

describe("tags", () => {
  test("even: a device is split over its tags, parts of requests have decimals, and the rows end in the total", async () => {
    const tags = await section(report(), "tag");
    expect(texts(tags)).toEqual(expect.arrayContaining(["tag:ci", "0.50", "2.00", "Total"]));
    expect(texts(tags).filter((text) => text === "0.50")).toHaveLength(2);
    expect(parse(report()).by_tag_adds_up).toBe(true);
  });

  test("full: each tag has all of it, and page and JSON say that this does not add up", async () => {
    const full = report([...SPLIT, DISCOUNT], "full");
    const tags = await section(full, "tag");
    expect(texts(tags)).not.toContain("Total");
    expect(tags.slice(0, tags.indexOf("<table"))).toContain("These rows do not add up to the total");
    expect(/<caption>.*?<\/caption>/s.exec(tags)?.[0]).toContain("rows do not add up to the total");
    const json = parse(full);
    expect(json.by_tag_adds_up).toBe(false);
    expect(json["by_tag"]).toEqual([
      expect.objectContaining({ tag: "tag:ci", owed_usd: "1.230000001", requests: 1 }),
      expect.objectContaining({ tag: "tag:eu", owed_usd: "1.230000001", requests: 1 }),
      expect.objectContaining({ tag: "(untagged)", owed_usd: "0.000000000", list_value_usd: "3.000000000" }),
    ]);
    expect((await section(full, "teams")).includes("Total")).toBe(true);
  });
});

describe("teams.csv", () => {
  test("has one line a team, caller, tag, provider, model, billing, method and rule, exact", () => {
    expect(renderTeamsCsv(report([...SPLIT, DISCOUNT])).split("\n")).toEqual([
      "\uFEFFteam,cost_center,caller,tag,provider,model,billing,method,rule,requests,input_tokens,output_tokens,cached_tokens,cache_write_tokens,cost_usd,unpriced_requests,month,currency,status,close_id",
      'payments,CC-100,"tag:ci,tag:eu",tag:ci,anthropic,claude-sonnet-4-6,metered,rule,ci,0.5,100,10,0,0,0.615000001,0,2026-10,USD,complete,',
      'payments,CC-100,"tag:ci,tag:eu",tag:eu,anthropic,claude-sonnet-4-6,metered,rule,ci,0.5,0,0,0,0,0.615000000,0,2026-10,USD,complete,',
      "payments,CC-100,alice@example.com,(untagged),anthropic,claude-sonnet-4-6,subscription,member,ci,1,100,10,0,0,3.000000000,0,2026-10,USD,complete,",
      'payments,CC-100,"tag:ci,tag:eu",tag:ci,anthropic,claude-sonnet-4-6,metered,adjustment,committed spend,0,0,0,0,0,-0.123000000,0,2026-10,USD,complete,',
      "",
    ]);
  });

  test("neutralises names of teams, cost centres, tags and rules", () => {
    const row = allocateRow(inventRow(), { team: "=1+1", costCenter: "+2", tag: "@x", rule: "-3", method: "rule", cost: null });
    expect(renderTeamsCsv(inventReport([inventRow()], {}, { rows: [row] })).split("\n")[1]).toBe(
      "'=1+1,'+2,alice@example.com,'@x,anthropic,claude-sonnet-4-6,metered,rule,'-3,1,100,10,0,0,,0,2026-10,USD,complete,",
    );
  });

  test("is linked from the page", async () => {
    expect(await renderHtml(report(), REPORT_FILES)).toContain('<a href="teams.csv">teams.csv</a>');
  });
});

test("hostile names of teams, cost centres, tags, dimensions and values are text", async () => {
  const rows = HOSTILE_NAMES.map((name) => allocateRow(inventRow(), { team: name, costCenter: name, tag: name, rule: name }));
  const dimensions = HOSTILE_NAMES.map((name) => ({ name, parts: rows.map((row) => ({ ...row, value: name })) }));
  const hostile = inventReport(HOSTILE_NAMES.map(() => inventRow()), {}, { rows, dimensions });
  const page = await renderHtml(hostile, REPORT_FILES);
  expect(page).not.toMatch(/<(?!svg class="chart")(script|img|svg|b|iframe|object|link)\b/i);
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(page).not.toMatch(/[\0-\x09\x0B-\x1F\x7F\u202E]/);
  expect(page).not.toMatch(/\s(?:src|onerror|onload)=["']/);
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(tell(hostile).join("\n")).not.toMatch(/[\0-\x09\x0B-\x1F\x7F\u202E]/);
  const json = JSON.parse(renderJson(hostile)) as { by_dimension: { name: string; rows: { value: string }[] }[] };
  expect(json.by_dimension.map(({ name, rows: [first] }) => [name, first?.value])).toEqual(HOSTILE_NAMES.map((name) => [name, name]));
});
