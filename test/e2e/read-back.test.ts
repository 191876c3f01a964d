import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import readWorkbook from "read-excel-file/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeKeyPart } from "../../src/lake/layout.ts";
import { readCsv } from "../chargeback/read-csv.ts";
import { CHROMIUM_ARGUMENTS, chromiumPath } from "../services/chromium.ts";
import { CENT, exactly, isRounded, sum } from "./reading-back/amounts.ts";
import { BUDGETS, reportMonths } from "./reading-back/company.ts";
import { AMOUNT_KINDS, comparedWith, correctionsOf, owedBy } from "./reading-back/expected-amounts.ts";
import { nameOf, partsOf, type Subject, TABLE_KINDS } from "./reading-back/expected-tables.ts";
import { type ReadCell, readPage, type ReadPage, type ReadRow } from "./reading-back/read-page.ts";
import { sumTruth, workOut } from "./reading-back/truth.ts";


const MONTHS = ["2026-08", "2026-09", "2026-10"];
const pages: [Subject, ReadPage][] = [];
let lake: string;
let browser: Browser;

beforeAll(async () => {
  lake = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  await reportMonths(lake);
  await workOut(lake);
  browser = await chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_ARGUMENTS] });
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  for (const month of MONTHS) {
    for (const team of [null, ...readdirSync(join(lake, "reports", month, "teams")).map(decodeURIComponent)]) {
      await page.goto(pathToFileURL(fileOf({ month, team }, "chargeback.html")).href);
      pages.push([{ lake, month, team }, await readPage(page)]);
    }
  }
});
afterAll(async () => {
  await browser.close();
  rmSync(lake, { recursive: true });
});

function fileOf({ month, team }: Pick<Subject, "month" | "team">, file: string): string {
  return join(lake, "reports", month, ...(team === null ? [] : ["teams", encodeKeyPart(team)]), file);
}

const titleOf = ({ month, team }: Subject, ...more: string[]): string => [month, team ?? "company", ...more].join(" / ");
const company = (month: string): ReadPage => pages.find(([one]) => one.month === month && one.team === null)![1];
/** Every difference between what is printed and what is known, each with its place. */
const wrong: string[] = [];
const hold = (place: string, holds: boolean, ...what: unknown[]): void => void (holds || wrong.push(`${place}: ${what.map(String).join(" ")}`));

test("the three months are closed, complete and preliminary, and each has a page for the company and for each team", () => {
  expect(MONTHS.map((month) => company(month).status.split(/[:;]/)[0])).toEqual(["Closed", "Complete and open", "Preliminary"]);
  expect(pages.map(([{ month, team }, { status }]) => [month, team, status === company(month).status])).toEqual([
    ...[null, "(unallocated)", "blue", "old", "red"].map((team) => ["2026-08", team, true]),
    ...[null, "(unallocated)", "blue", "green", "old", "red"].map((team) => ["2026-09", team, true]),
    ...[null, "(unallocated)", "blue", "green", "red"].map((team) => ["2026-10", team, true]),
  ]);
});

test("a page says first how much there is to book, and that it is not all yet where the month is not over", async () => {
  for (const [subject, { amounts: [first] }] of pages) {
    const corrected = await correctionsOf(subject, subject.team === null ? "true" : `team = '${subject.team}'`);
    expect([titleOf(subject), first?.before]).toEqual([titleOf(subject), `${corrected === 0n ? "Owed" : "To book"} for the month${subject.month === "2026-10" ? " so far" : ""}`]);
  }
});

test("each printed amount is the exact one behind it, rounded up or down, never with another sign", () => {
  let count = 0;
  for (const [subject, { tables, amounts, contradictions }] of pages) {
    expect(contradictions).toEqual([]);
    const cells = tables.flatMap(({ caption, rows, foot }) => [...rows, ...(foot === null ? [] : [foot])].flatMap(({ figures }) => Object.values(figures).flatMap((cell) => cell.amounts.map((one) => ({ ...one, place: caption })))));
    for (const { place, text, exact } of [...cells, ...amounts.map((one) => ({ ...one, place: one.before }))]) {
      count += 1;
      expect(text, titleOf(subject, place)).toMatch(/^[+-]?\$[\d,]+\.\d\d$/);
      expect([titleOf(subject, place), text, exact, isRounded(text, exactly(exact))]).toEqual([titleOf(subject, place), text, exact, true]);
    }
  }
  expect(count).toBeGreaterThan(1500);
});

const dash = (text: string): bigint => (text === "–" || text === "not priced" || text === "" ? 0n : exactly(text));

test("each column of money, requests and tokens adds up to what is printed below it, and what is owed and corrected to what is to book", () => {
  const seen = new Set<string>();
  for (const [subject, { tables }] of pages) {
    for (const { caption, rows, foot } of tables) {
      for (const [column, { text, amounts }] of Object.entries(foot?.figures ?? {})) {
        const isSum = !/^(Budget|Used|Forecast|Was|Is)$/.test(column) && !caption.startsWith("From ");
        if (!isSum) continue;
        seen.add(column);
        const [printed, exact] = [rows.map(({ figures }) => dash(figures[column]!.text)), rows.map(({ figures }) => exactly(figures[column]!.amounts[0]?.exact))];
        expect([titleOf(subject, caption, column), sum(printed)]).toEqual([titleOf(subject, caption, column), dash(text)]);
        hold(titleOf(subject, caption, column), amounts.length === 0 || sum(exact) === exactly(amounts[0]?.exact), "exact amounts do not add up");
      }
      for (const { figures } of [...rows, ...(foot === null ? [] : [foot])]) {
        for (const [one, other, all] of [["Owed", "Corrections", "To book"], ["Was", "Difference", "Is"]] as const) {
          const [parts, whole] = [[figures[one], figures[other]], figures[all]?.text ?? ""];
          hold(titleOf(subject, caption, all), whole === "" || sum(parts.map((cell) => dash(cell?.text ?? ""))) === dash(whole), whole);
        }
      }
    }
  }
  expect(wrong.splice(0)).toEqual([]);
  expect([...seen].toSorted()).toEqual([
    "Adjustments in it", "Cache write tokens", "Cached tokens", "Change", "Change, days 1 to 15", "Change, days 30 to 31", "Corrections", "Cost", "Difference", "Exact cost", "Input tokens", "List value",
    "List value (subscription)", "Metered", "Output tokens", "Owed", "Part", "Requests", "Rows", "Self-hosted", "Subscription", "The team’s part", "To book", "Unpriced requests",
  ]);
});

/** Holds a figure against the sum that it should be. */
function isFigure({ text, amounts }: ReadCell, expected: string | null | undefined): boolean {
  const exact = exactly(expected);
  if (text === "–" || text === "not priced") return exact === 0n;
  const [amount] = amounts;
  if (amount !== undefined) return exactly(amount.exact) === exact;
  // The exact cost says all of it; requests have hundredths in some columns.
  return text.startsWith("$") ? exactly(text) === exact : isRounded(text, exact, text.includes(".") ? CENT : 1_000_000_000n);
}

/** Tables whose sums come from elsewhere than one query each; the tests below hold them. */
const OTHERS = /^One row per team and cost centre\. |^From .* what is owed$|^Budgets/;

test("each figure of each table is what requests and corrections come to, and no row is left out", async () => {
  const used = new Set<RegExp>();
  for (const [subject, { tables }] of pages) {
    for (const table of tables.filter(({ caption }) => !OTHERS.test(caption))) {
      const kind = TABLE_KINDS.find(({ caption }) => caption.test(table.caption));
      if (kind === undefined) throw new Error(`${titleOf(subject)}: no sums for ${table.caption}`);
      used.add(kind.caption);
      const expected = await kind.expect(subject, table);
      const columns = Object.keys(table.rows[0]!.figures);
      const rows = new Map(table.rows.map((row) => [nameOf(table, row.names), row]));
      hold(titleOf(subject, table.caption), rows.size === table.rows.length, "two rows of one name");
      for (const [name, { figures }] of rows) {
        for (const [column, cell] of Object.entries(figures)) hold(titleOf(subject, table.heading, table.caption, name, column), isFigure(cell, expected.get(name)?.[column]), cell.text, cell.amounts[0]?.exact, "is not", expected.get(name)?.[column]);
      }
      if (kind.isShortened !== true) for (const [name, figures] of expected) hold(titleOf(subject, table.heading, table.caption, name), rows.has(name) || columns.every((column) => exactly(figures[column]) === 0n), "is left out");
    }
  }
  expect(wrong.splice(0)).toEqual([]);
  expect(TABLE_KINDS.filter(({ caption }) => !used.has(caption))).toEqual([]);
});

test("what to book, by team and in all, is what requests come to, with what closed months would be now; the change is against the same days", async () => {
  for (const [subject, { tables }] of pages.filter(([{ team }]) => team === null)) {
    const { rows, foot } = tables.find(({ section }) => section === "book")!;
    const changeOf = ({ figures }: ReadRow): ReadCell => Object.entries(figures).find(([column]) => column.startsWith("Change"))![1];
    const check = async (row: ReadRow, whose: string): Promise<void> => {
      const [owed, corrected] = [await owedBy(subject, whose), await correctionsOf(subject, whose)];
      for (const [column, amount] of Object.entries({ Owed: owed, Corrections: corrected, "To book": owed + corrected })) {
        const cell = row.figures[column];
        // Without corrections the table has no such columns.
        if (cell === undefined) hold(titleOf(subject, column), corrected === 0n, "no column");
        else hold(titleOf(subject, row.names.join(" "), column), cell.text === "–" ? amount === 0n : exactly(cell.amounts[0]?.exact) === amount, cell.text, "is not", amount);
      }
    };
    for (const row of rows.filter(({ names }) => names[0] !== "Teams only in the month before")) await check(row, `team = '${row.names[0]!}' AND coalesce(cost_center, '–') = '${row.names[1]!}'`);
    await check(foot!, "true");
    // A team that has corrections alone had usage in the month before alone.
    const present = [...(await sumTruth(partsOf(subject.month), "team")).keys()];
    for (const team of new Set(rows.map(({ names }) => names[0]!))) {
      const own = rows.filter(({ names }) => names[0] === team);
      if (!present.includes(team) && !team.startsWith("Teams only")) {
        hold(titleOf(subject, team, "Change"), own.every((row) => changeOf(row).text === "–"), own.map((row) => changeOf(row).text));
        continue;
      }
      const { before, now } = await comparedWith(subject, team.startsWith("Teams only") ? `team NOT IN (${present.map((name) => `'${name}'`).join(", ")})` : `team = '${team}'`);
      hold(titleOf(subject, team, "Change"), sum(own.map((row) => exactly(changeOf(row).amounts[0]?.exact))) === now - before, own.map((row) => changeOf(row).amounts[0]?.exact), now - before);
    }
    const { before, now } = await comparedWith(subject, "true");
    hold(titleOf(subject, "Change"), exactly(changeOf(foot!).amounts[0]?.exact) === now - before, now - before);
    const steps = tables.find(({ caption }) => caption.startsWith("From "))!;
    const amounts = steps.rows.map(({ figures }) => figures["Amount"]!);
    hold(titleOf(subject, "steps"), exactly(amounts[0]!.amounts[0]!.exact) === before && sum(amounts.map((one) => exactly(one.amounts[0]!.exact))) === now, "steps", before, now);
    hold(titleOf(subject, "steps"), sum(amounts.map(({ text }) => exactly(text))) === exactly(steps.foot!.figures["Amount"]!.text), "printed steps");
  }
  expect(wrong.splice(0)).toEqual([]);
});

test("each amount outside tables is what requests and corrections come to, but for what unpriced requests may be worth", async () => {
  const used = new Set<RegExp>();
  for (const [subject, { amounts }] of pages) {
    let last = "";
    for (const { section, heading, before, text, exact } of amounts) {
      const place = `${section}: ${before}`;
      const kind = AMOUNT_KINDS.find((one) => one.place.test(place));
      if (kind === undefined) throw new Error(`${titleOf(subject)}: nothing known of ${place} ${text}`);
      used.add(kind.place);
      const expected = kind.expect(subject, { heading, groups: (kind.place.exec(place) ?? []).slice(1), last });
      last = before;
      if (expected !== "estimate") hold(titleOf(subject, heading, place), exactly(exact) === (await expected), exact, "is not", await expected);
    }
  }
  expect(wrong.splice(0)).toEqual([]);
  expect(AMOUNT_KINDS.filter(({ place }) => !used.has(place))).toEqual([]);
});

/** The texts with dollars that no exact amount stands behind; each is held against the exact amounts. */
const BARE: readonly { place: RegExp; holds: (subject: Subject, text: RegExpExecArray) => boolean | Promise<boolean> }[] = [
  {
    place: /^total: The amount owed(?: for [^$]*)? is (?<size>\$[\d,.]+) (?<way>more|less) than (?:in|for) [^$(]*(?: \((?<percent>[+-][\d.]+) %\))?: (?<parts>[^#]*?)\. (?:Most of it: [^$]*)?$/,
    holds: async (subject, { groups: { size = "", way = "", percent = "", parts = "" } = {} }) => {
      const { before, now } = await comparedWith(subject, "true");
      const steps = company(subject.month).tables.find(({ caption }) => caption.startsWith("From "))!.rows.slice(1).map(({ figures }) => figures["Amount"]!.text);
      const difference = exactly(`${way === "less" ? "-" : ""}${size}`);
      const said = [...parts.matchAll(/[+-]\$[\d,.]+\.\d\d/g)].map(([one]) => one);
      return isRounded(`${way === "less" ? "-" : ""}${size}`, now - before) && sum(said.map(exactly)) === difference && said.every((one) => steps.includes(one)) && Math.abs(Number(percent) - (Number(now - before) / Number(before)) * 100) < 0.1;
    },
  },
  // Of a year's budget: what was spent so far, which the section of budgets has exactly, or the truth.
  { place: /^(?:book|each-team|team): (?:[\d.]+ %(?: \(over\))?)?(?<spent>\$[\d,]+\.\d\d) \([\d.]+ %(?: \(over\))?\)$/, holds: async ({ month }, { groups: { spent = "" } = {}, input }) => isRounded(spent, await spentUntil(month, input.startsWith("book: ") && / %\$| %[^$]*\$/.test(input) ? "true" : "team = 'blue'")) },
  // Exact as it is; the test of tables holds it.
  { place: /^billing: \$[\d]+\.\d{9}$/, holds: () => true },
];

/** What is spent in a page's month, and in a year until its end, before adjustments. */
async function spentUntil(month: string, whose: string, per = "year"): Promise<bigint> {
  if (per === "month") return exactly((await sumTruth(`${partsOf(month)} AND ${whose}`, "''")).get("")?.["Usage"]);
  const state = month === "2026-08" ? "if(month < '2026-08', 'corrected', 'closed')" : "'now'";
  return exactly((await sumTruth(`month <= '${month}' AND state = ${state} AND ${whose}`, "''")).get("")?.["Usage"]);
}

test("dollars that no exact amount stands behind are in the sentence of the change, in what is used of a year's budget, and on axes of charts", async () => {
  const used = new Set<RegExp>();
  for (const [subject, { bare }] of pages) {
    for (const { section, text } of bare) {
      const place = `${section}: ${text}`;
      const kind = BARE.find((one) => one.place.test(place));
      if (kind === undefined) throw new Error(`${titleOf(subject)}: nothing known of ${place}`);
      used.add(kind.place);
      hold(titleOf(subject, place), await kind.holds(subject, kind.place.exec(place)!));
    }
  }
  expect(wrong.splice(0)).toEqual([]);
  expect(used.size).toBe(BARE.length);
  expect(pages.every(([{ team }, { axes }]) => axes > 0 || team === "old")).toBe(true);
});

test("budgets have their amounts and what is spent of them, closed months as they are booked", async () => {
  for (const [subject, { tables }] of pages) {
    for (const { caption, rows } of tables.filter((table) => table.caption.startsWith("Budgets"))) {
      hold(titleOf(subject, caption), caption.endsWith(", before adjustments") || subject.team === "old", "budgets leave adjustments out");
      for (const { names: [name = ""], figures } of rows) {
        const budget = BUDGETS.find((one) => `${one.name} ${one.per === "year" ? "2026" : subject.month}` === name)!;
        hold(titleOf(subject, caption, name), exactly(figures["Amount"]!.amounts[0]?.exact) === budget.amount, figures["Amount"]!.text);
        if (figures["Spent"] === undefined) continue;
        const whose = { company: "true", year: "true", opus: "team = 'green' AND model = 'claude-opus-4-8'" }[budget.name] ?? "";
        const expected = await spentUntil(subject.month, whose, budget.per);
        hold(titleOf(subject, caption, name), exactly(figures["Spent"].amounts[0]?.exact) === expected, figures["Spent"].text, "is not", expected);
      }
    }
  }
  expect(wrong.splice(0)).toEqual([]);
});

interface Booked {
  booked: { owed_usd: string; corrections_usd: string; to_book_usd: string };
  to_book_usd: string;
}

test("the first amount of a page, its table, JSON, summary.csv, the workbook and the journal say the same cents", async () => {
  for (const [subject, { amounts, tables }] of pages.filter(([{ team }]) => team === null)) {
    const { book, status } = JSON.parse(readFileSync(fileOf(subject, "chargeback.json"), "utf8")) as { book: { total: Booked; teams: (Booked & { team: string })[] }; status: { kind: string; close?: { id: string } } };
    const hero = exactly(amounts[0]!.text);
    for (const [{ month, team }, own] of pages.filter(([one]) => one.team !== null && one.month === subject.month)) {
      expect([month, team, exactly(own.amounts[0]!.text)]).toEqual([month, team, sum(book.teams.filter((row) => row.team === team).map(({ booked }) => exactly(booked.to_book_usd)))]);
    }
    const { foot, rows } = tables.find(({ section }) => section === "book")!;
    const printed = (row: ReadRow): string => (row.figures["To book"] ?? row.figures["Owed"])!.text.replace(/[$,]/g, "");
    const booked = book.total.booked.to_book_usd;
    const [head = [], ...lines] = readCsv(readFileSync(fileOf(subject, "summary.csv"), "utf8"));
    const [sheet] = await readWorkbook(fileOf(subject, "chargeback.xlsx"));
    const toBook = lines.filter(([section]) => section === "to book").map((line) => [line[1], line[2], line[head.indexOf("booked_usd")]]);
    const ofPage = rows.filter(({ names }) => names[0] !== "Teams only in the month before").map((row) => [row.names[0], row.names[1] === "–" ? "" : row.names[1], printed(row)]);
    expect([subject.month, hero, printed(foot!)]).toEqual([subject.month, exactly(booked), booked]);
    expect(toBook).toEqual([["", "", booked], ...ofPage]);
    expect(sheet?.data.slice(1).map(([team, center, , , amount]) => [team, center ?? "", Number(amount).toFixed(2)])).toEqual([...ofPage, ["Total", "", booked]]);
    expect(existsSync(fileOf(subject, "journal.csv"))).toBe(status.kind === "closed");
  }
});

test("the journal of the closed month books what its page says, in a document of the month and one of the corrections", () => {
  const [subject, { amounts, tables, status }] = pages[0]!;
  const [titles = [], ...journal] = readCsv(readFileSync(fileOf(subject, "journal.csv"), "utf8"));
  const [amount, team, center] = ["amount_usd", "team", "cost_center"].map((title) => titles.indexOf(title)) as [number, number, number];
  const [, id = ""] = /close ([0-9a-f]{16})/.exec(status) ?? [];
  const ofTeams = Map.groupBy(journal.filter((line) => line[team] !== ""), (line) => `${line[team]!} ${line[center]! || "–"}`);
  const { rows } = tables.find(({ section }) => section === "book")!;
  expect([...new Set(journal.map(([document]) => document))]).toEqual([id, `${id}-2026-07`]);
  expect(sum(journal.map((line) => exactly(line[amount])))).toBe(0n);
  expect(sum([...ofTeams.values()].flat().map((line) => exactly(line[amount])))).toBe(exactly(amounts[0]!.text));
  expect(new Map([...ofTeams].map(([name, lines]) => [name, sum(lines.map((line) => exactly(line[amount])))]))).toEqual(new Map(rows.map(({ names, figures }) => [names.join(" "), exactly(figures["To book"]!.text)])));
});
