import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../src/chargeback/report/render-html.ts";
import { renderJson } from "../../src/chargeback/report/render-json.ts";
import { renderCsv, REPORT_FILES } from "../../src/chargeback/report/render-report.ts";
import { neutralise } from "../../src/ledger/text/csv-cells.ts";
import { visibleJson, visibleLines, visibleText } from "../../src/ledger/text/visible-text.ts";
import { builtIns } from "../hostile/hostile-ledger.ts";
import { query } from "../query.ts";
import { HOSTILE_NAMES, inventHostileReport, inventReport, inventRow } from "./invented-report.ts";

/** Reads CSV with a parser that has nothing to do with the one that wrote it. */
async function parseCsv(csv: string): ReturnType<typeof query> {
  const directory = await mkdtemp(join(tmpdir(), "aperture-ledger-test-"));
  try {
    const file = join(directory, "report.csv");
    await writeFile(file, csv);
    return await query(`FROM read_csv('${file}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', new_line = '\\n', strict_mode = true)`);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("CSV", () => {
  test("text that a spreadsheet would run gets an apostrophe, everything else comes back as it was", async () => {
    const rows = await parseCsv(renderCsv(inventReport(HOSTILE_NAMES.map((caller) => inventRow({ caller })))));
    const callers = rows.map(({ caller }) => caller);
    const expected = HOSTILE_NAMES.map((name) =>
      (/^[=+\-@\t\r\n＝]/.test(name) ? `'${name}` : name).replace("\0", "[U+0000]").replace("\u001B", "[U+001B]"),
    );
    expect(callers).toEqual(expected);
    expect(expected.filter((name) => name.startsWith("'"))).toHaveLength(8);
  });

  test("tags and models are neutralised too, figures are left alone", () => {
    const row = inventRow({ tags: ["=1", "b"], model: "@m", provider: "+p", instance: "prod", cost: 5n });
    expect(renderCsv(inventReport([row])).split("\n")[1]).toBe(
      `prod,alice@example.com,user,"'=1,b",'+p,'@m,metered,1,100,10,0,0,0.000000005,0`,
    );
  });

  test("what was not priced is empty, not zero", () => {
    const csv = renderCsv(inventReport([inventRow({ cost: null, unpricedRequests: 1n })]));
    expect(csv.split("\n")[1]).toMatch(/,0,0,,1$/);
    expect(csv.endsWith("\n")).toBe(true);
  });
});

describe("names of 64 KiB", () => {
  const LONG = `${"long ".repeat(13_000)}🦊`;
  const report = inventReport(Array.from({ length: 40 }, (_, index) => inventRow({ caller: `${String(index)} ${LONG}`, model: `m${String(index)} ${LONG}`, tags: [LONG], callerType: "tag" })));

  test("are shortened on the page, whose size they do not change", async () => {
    const page = await renderHtml(report, REPORT_FILES);
    const short = await renderHtml(inventReport([inventRow()]), REPORT_FILES);
    expect(page.length - short.length).toBeLessThan(200_000);
    const names = [...page.matchAll(/<bdi>([^<]*)<\/bdi>/g)].map(([, text = ""]) => Array.from(text).length);
    expect(Math.max(...names)).toBe(160);
    expect(page).toContain(`<bdi>${Array.from(`0 ${LONG}`).slice(0, 159).join("")}…</bdi>`);
  });

  test("are whole in the JSON, and in a CSV as much as a cell of Excel takes", () => {
    const { rows } = JSON.parse(renderJson(report)) as { rows: { caller: string }[] };
    expect(new Set(rows.map(({ caller }) => caller))).toEqual(new Set(Array.from({ length: 40 }, (_, index) => `${String(index)} ${LONG}`)));
    expect(neutralise(LONG)).toBe(`${LONG.slice(0, 32_766)}…`);
    expect(neutralise(`=${LONG}`)).toBe(`'=${LONG.slice(0, 32_764)}…`);
    expect(neutralise(`${"x".repeat(32_765)}🦊🦊`)).toBe(`${"x".repeat(32_765)}…`);
    expect(neutralise("x".repeat(32_767))).toBe("x".repeat(32_767));
  });
});

describe("JSON", () => {
  test("keeps hostile names exactly", () => {
    const report = JSON.parse(renderJson(inventHostileReport())) as { rows: { caller: string }[] };
    expect(report.rows.map(({ caller }) => caller).filter((caller) => caller !== "alice@example.com")).toEqual(
      HOSTILE_NAMES.flatMap((name) => [name, name]),
    );
  });

  test("writes counts beyond 2^53 out in full", () => {
    const tokens = { input: 2n ** 60n + 1n, output: 0n, cached: 0n, cacheWrite: 0n };
    expect(renderJson(inventReport([inventRow({ tokens })]))).toContain('"input_tokens": 1152921504606846977,');
  });

  test("money is text with nine decimals, null where nothing was priced", () => {
    const report = JSON.parse(renderJson(inventReport([inventRow({ cost: 5n }), inventRow({ billing: "self_hosted", cost: null })])));
    expect(report).toMatchObject({
      total: { cost_usd: "0.000000005", billing: { metered: { cost_usd: "0.000000005" }, self_hosted: { requests: 1, cost_usd: null } } },
    });
  });
});

describe("HTML", () => {
  test("has no markup from names, no control characters, nothing to fetch", async () => {
    const page = await renderHtml(inventHostileReport(), REPORT_FILES);
    expect(page).not.toMatch(/<(?!svg class="chart")(script|img|svg|b|iframe|object|link)\b/i);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(page).not.toMatch(/[\0-\x09\x0B-\x1F\x7F\u202E]/);
    expect(page).not.toMatch(/\s(?:src|onerror|onload)=["']/);
    expect(page).toContain("user[U+0000]nul");
  });

  test("shows names from outside in charts as text, shortened", async () => {
    const page = await renderHtml(inventReport(HOSTILE_NAMES.slice(0, 3).map((model) => inventRow({ model, cost: 5_000_000_000n }))), REPORT_FILES);
    const labels = [...page.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? "");
    expect(labels).toEqual(expect.arrayContaining([expect.stringMatching(/^&lt;script&gt;document.*…$/), expect.stringMatching(/^&lt;\/title&gt;&lt;svg/)]));
    expect(page).not.toMatch(/<svg(?! class="chart")/);
  });

  test("draws charts of names that are members of every object, and leaves the prototypes as they are", async () => {
    const untouched = builtIns();
    const names = ["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf", "two words"];
    for (let times = 0; times < 2; times++) {
      const page = await renderHtml(inventReport(names.map((model) => inventRow({ model, cost: 5_000_000_000n }))), REPORT_FILES);
      const labels = [...page.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? "");
      expect(labels).toEqual(expect.arrayContaining(names));
    }
    expect(builtIns()).toBe(untouched);
  });

  test("says beside the total what the total lacks", async () => {
    const page = await renderHtml(inventHostileReport(), REPORT_FILES);
    const beforeTables = page.slice(0, page.indexOf("<table"));
    expect(beforeTables).toContain("the unreadable part of 1 damaged export");
    expect(beforeTables).toContain("5 records of 1 export in quarantine");
    const clean = await renderHtml(inventReport([inventRow()]), REPORT_FILES);
    expect(clean).not.toContain("Missing from the total");
  });

  test("a month of which nothing was priced has no $0.00", async () => {
    const page = await renderHtml(inventReport([inventRow({ cost: null, unpricedRequests: 1n })]), REPORT_FILES);
    expect(page).toContain("not priced");
    expect(page).not.toContain("$0.00");
  });
});

test("visibleText spells what cannot be seen", () => {
  expect(visibleText("a\0\t\n\u202Eb")).toBe("a[U+0000][U+0009][U+000A][U+202E]b");
  expect(visibleText("日本語 🦊")).toBe("日本語 🦊");
  expect(visibleText("ad\u200Dmin \u00AD\u{E0041}\uD800")).toBe("ad[U+200D]min [U+00AD][U+E0041][U+D800]");
  expect(visibleText("می\u200Cخواهم 👩\u200D💻")).toBe("می\u200Cخواهم 👩\u200D💻");
});

test("visibleLines indents what follows a line end, so that no name begins a line", () => {
  expect(visibleLines("a\r\nerror: b\u001B[2J", "  ")).toBe("a[U+000D]\n  error: b[U+001B][2J");
});

test("visibleJson stays the same JSON", () => {
  const value = { "c1\u009B": "a\u202Eb\u200B\u{E0041}\u007F", plain: ["日本語 🦊", "\n\t"] };
  const text = visibleJson(JSON.stringify(value, null, 1));
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toContain(String.raw`"a\u202Eb\u200B\uDB40\uDC41\u007F"`);
});
