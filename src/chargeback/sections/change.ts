import type { DuckDBConnection } from "@duckdb/node-api";
import { html } from "hono/html";
import { z } from "zod";
import { billionths } from "../../ledger/dollars.ts";
import { divideRounding, formatCents, type Nanodollars, roundToCents, shareCents, signDollar } from "../../ledger/money.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { readParquet } from "../../ledger/sql/sql-texts.ts";
import { REPORTED_COLUMNS } from "../../ledger/usage/reported-tokens.ts";
import { CHARGE, IS_LIST_VALUE } from "../../ledger/usage/usage-record.ts";
import { type Html, moneyCell, showName } from "../page/cells.ts";
import { differenceCell, scrollingTable, showAmount, showDifference, signDifference } from "../page/tables.ts";
import type { ChangeDriver } from "../report/drivers.ts";
import { printStep, roundAlone, type RoundAmount } from "../report/rounding.ts";
import type { DaySpan } from "../report/compared-days.ts";
import { amountToJson } from "../report/figures-json.ts";
import type { Insights } from "../report/insights.ts";
import type { SummaryRow } from "../report/summary-row.ts";
import { describeKnown, describeNoComparison, nameSpan, showSpan } from "./comparison.ts";

const STEPS = [
  { name: "price", title: "Price", meaning: "the same tokens of the same models cost more or less", more: "higher prices", less: "lower prices" },
  { name: "volume", title: "Volume", meaning: "more or fewer tokens, at the average cost of the month before", more: "more use", less: "less use" },
  { name: "mix", title: "Mix", meaning: "more expensive or cheaper models, including new and vanished ones", more: "a more expensive mix of models", less: "a cheaper mix of models" },
] as const;

const CHARGES = { title: "Charges", meaning: "seats, commitments and other charges besides usage", more: "more charges", less: "fewer charges" } as const;

/** The steps from one month to the next, with charges where there are any. */
function stepsOf(change: CostChange): { amount: Nanodollars; title: string; meaning: string; more: string; less: string }[] {
  const steps = STEPS.map((step) => ({ ...step, amount: change[step.name] }));
  return change.charges === undefined ? steps : [...steps, { ...CHARGES, amount: change.charges }];
}

/** What a month is compared with. */
export interface ComparedTo {
  /** `YYYY-MM` of the month before. */
  month: string;
  /** The days that are compared, of both months; null: whole months. */
  days: DaySpan | null;
}

/** Change in the amount owed. `price + volume + mix + charges` is exactly `now - before`. */
export interface CostChange extends ComparedTo {
  before: Nanodollars;
  now: Nanodollars;
  /** The same tokens of the same models cost more or less. */
  price: Nanodollars;
  /** More or fewer tokens, at the average cost of the month before. */
  volume: Nanodollars;
  /** Tokens went to more expensive or cheaper models, including new and vanished ones. */
  mix: Nanodollars;
  /** The change in charges; absent where neither month has any. */
  charges?: Nanodollars | undefined;
}

/** What is owed for a model of a provider with one kind of billing, adjustments included, and its tokens. Several items may have one name. */
export interface ChangeItem {
  /** Distinguishes models. */
  name: string;
  owed: Nanodollars;
  /** All kinds together, in any unit. */
  tokens: bigint;
  /** Whether it is a charge, whose cost does not depend on tokens. */
  isCharge?: boolean;
}

/** Parts of a nanodollar that are calculated with before the sum is rounded. */
const PRECISION = 10n ** 18n;

/**
 * Explains why the amount owed changed. The price of an item is what is owed for each of its tokens.
 *
 * - `volume` is the difference in tokens at the average price of the month before. Without tokens before, everything is volume.
 * - `price` is what the tokens of items used in both months cost now, less what the same number cost before.
 * - `mix` is the rest: tokens moved to more expensive or cheaper items, to new ones or from vanished ones, and what is owed without tokens.
 *
 * Charges are compared apart from these. The others add up exactly, because `price` and `volume` are rounded to the nanodollar and `mix` takes the remainder.
 */
export function explainChange(to: ComparedTo, itemsBefore: readonly ChangeItem[], itemsNow: readonly ChangeItem[]): CostChange {
  const charged = (items: readonly ChangeItem[]): Nanodollars => items.reduce((sum, { isCharge, owed }) => (isCharge === true ? sum + owed : sum), 0n);
  const [chargedBefore, chargedNow] = [charged(itemsBefore), charged(itemsNow)];
  const [used, usedNow] = [itemsBefore, itemsNow].map((items) => items.filter(({ isCharge }) => isCharge !== true));
  const change = explainUse(to, used ?? [], usedNow ?? []);
  if (chargedBefore === 0n && chargedNow === 0n) return change;
  return { ...change, before: change.before + chargedBefore, now: change.now + chargedNow, charges: chargedNow - chargedBefore };
}

function explainUse({ month, days }: ComparedTo, itemsBefore: readonly ChangeItem[], itemsNow: readonly ChangeItem[]): CostChange {
  const [known, present] = [sumItems(itemsBefore), sumItems(itemsNow)];
  const [before, now] = [sumAll(known, "owed"), sumAll(present, "owed")];
  const [tokensBefore, tokensNow] = [sumAll(known, "tokens"), sumAll(present, "tokens")];
  if (tokensBefore === 0n) return { month, days, before, now, price: 0n, volume: now - before, mix: 0n };
  const volume = divideRounding((tokensNow - tokensBefore) * before, tokensBefore);
  let price = 0n;
  for (const [name, { owed, tokens }] of present) {
    const past = known.get(name);
    if (past === undefined || past.tokens === 0n || tokens === 0n) continue;
    price += divideRounding((owed * past.tokens - tokens * past.owed) * PRECISION, past.tokens);
  }
  price = divideRounding(price, PRECISION);
  return { month, days, before, now, price, volume, mix: now - before - volume - price };
}

type ItemSums = Pick<ChangeItem, "owed" | "tokens">;

function sumItems(items: readonly ChangeItem[]): Map<string, ItemSums> {
  const sums = new Map<string, ItemSums>();
  for (const { name, owed, tokens } of items) {
    const known = sums.get(name);
    sums.set(name, { owed: owed + (known?.owed ?? 0n), tokens: tokens + (known?.tokens ?? 0n) });
  }
  return sums;
}

function sumAll(items: ReadonlyMap<string, ItemSums>, what: keyof ItemSums): bigint {
  return [...items.values()].reduce((sum, item) => sum + item[what], 0n);
}

/** `team` names the team that owes the item. */
export type TeamItem = ChangeItem & { team: string };

interface ReadItems {
  /** Rows of the table, list values included. */
  rows: number;
  items: TeamItem[];
}

/** SQL of all kinds of tokens together. */
export const ALL_TOKENS = REPORTED_COLUMNS.map(({ name }) => `sum(${name})`).join(" + ");

const itemRow = z.tuple([z.string(), z.string(), z.string(), z.string(), billionths, billionths]);

/** Reads what is owed for each model of each team and kind of billing from a local `allocations` file. Includes adjustments; tokens in billionths. */
export async function readItems(duck: DuckDBConnection, file: string): Promise<ReadItems> {
  const counted = await duck.runAndReadAll(`SELECT count(*)::INTEGER FROM ${readParquet(file)}`);
  const result = await duck.runAndReadAll(`
    SELECT team, provider, model, billing, coalesce(sum(cost_usd), 0)::DECIMAL(38,9)::VARCHAR, (${ALL_TOKENS})::DECIMAL(38,9)::VARCHAR
    FROM ${readParquet(file)} WHERE NOT ${IS_LIST_VALUE}
    GROUP BY team, provider, model, billing ORDER BY team, provider, model, billing`);
  const items = result.getRowsJS().map((row) => {
    const [team, provider, model, billing, owed, tokens] = itemRow.parse(row);
    return { team, name: JSON.stringify([provider, model, billing]), owed, tokens, isCharge: billing === CHARGE };
  });
  return { rows: z.number().parse(counted.getRowsJS()[0]?.[0]), items };
}

/**
 * Explains in a sentence and a table why the month owes more or less than the month before, or why there is no explanation.
 * @param owed cents as printed elsewhere
 */
export function renderChange({ change, comparison, drivers }: Pick<Insights, "change" | "comparison" | "drivers">, owed: bigint, month: Month): Html {
  if (comparison === null) return html`<p>The ledger has no usage of the month before to compare with.</p>`;
  if (change === null) return html`<p>${describeNoComparison(comparison, month)}</p>`;
  const before = roundToCents([change.before]).total;
  const now = change.days === null ? owed : roundToCents([change.now]).total;
  const difference = now - before;
  const steps = stepsOf(change);
  const parts = shareCents(difference, steps.map((step) => step.amount));
  const earlier = nameSpan(boundMonth(change.month, month.timezone), change.days);
  const later = nameSpan(month, change.days);
  const amount = change.days === null ? "The amount owed" : `The amount owed for ${later}`;
  const known = html`<p class="quiet">${describeKnown(comparison, month)}</p>`;
  return html`<p class="lead">${explainDifference(difference, before, { amount, steps, parts, earlier: `${change.days === null ? "in" : "for"} ${earlier}` })}. ${phraseDrivers(drivers)}</p>
${change.days === null ? "" : known}
<details class="printed"><summary>The change in steps</summary>
${change.days === null ? known : ""}
${scrollingTable("Change against the month before", {
  caption: `From ${earlier} to ${later}: what is owed`,
  columns: [{ title: "Step" }, { title: "Amount", figure: true }, { title: "Meaning" }],
  rows: [
    { header: earlier, cells: [moneyCell(change.before, before), html`<td class="meaning">owed in ${change.days === null ? "the month before" : "these days"}</td>`] },
    ...steps.map(({ amount: step, title, meaning }, index) => ({ header: title, cells: [differenceCell(step, parts[index] ?? 0n), html`<td class="meaning">${meaning}</td>`] })),
  ],
  foot: { header: later, cells: [moneyCell(change.now, now), html`<td class="meaning">owed in ${change.days === null ? "this month" : "these days"}</td>`] },
  style: "small",
})}
</details>`;
}

function explainDifference(difference: bigint, before: bigint, { amount: what, steps, parts, earlier }: { amount: string; steps: readonly { more: string; less: string }[]; parts: readonly bigint[]; earlier: string }): Html {
  if (difference === 0n) return html`${what} is the same as ${earlier}`;
  const amount = signDollar(formatCents(difference < 0n ? -difference : difference));
  const share = before > 0n ? `\u00A0(${formatPercent(difference, before)})` : "";
  return html`${what} is <strong>${amount} ${difference > 0n ? "more" : "less"}</strong> than ${earlier}${share}: ${nameParts(parts, steps)}`;
}

/** Explains a difference that is printed as the given cents: `+$3.00 from more use, -$1.00 from lower prices`. */
export function listReasons(difference: bigint, change: CostChange): string {
  const steps = stepsOf(change);
  return nameParts(shareCents(difference, steps.map(({ amount }) => amount)), steps);
}

function nameParts(parts: readonly bigint[], steps: readonly { more: string; less: string }[]): string {
  return steps.map(({ more, less }, index) => ({ cents: parts[index] ?? 0n, more, less }))
    .filter(({ cents }) => cents !== 0n)
    .map(({ cents, more, less }) => `${signDifference(cents)} from ${cents > 0n ? more : less}`)
    .join(", ");
}

/** A difference relative to the earlier amount: `+12.3 %`. */
export function formatPercent(difference: bigint, before: bigint): string {
  const tenths = (difference * 2000n + (difference < 0n ? -before : before)) / (2n * before);
  const size = tenths < 0n ? -tenths : tenths;
  return `${tenths < 0n ? "-" : "+"}${String(size / 10n)}.${String(size % 10n)}\u00A0%`;
}

/** A team's change as a phrase. */
export function phraseChange({ month, days, before, now }: CostChange, timezone: string, round: RoundAmount): Html {
  const difference = round(now - before);
  return html`${showDifference(now - before, difference)} against ${nameSpan(boundMonth(month, timezone), days)} (${showAmount(before, printStep(before, now, difference).was)})`;
}

export function changeRows(team: string, change: CostChange | null): SummaryRow[] {
  if (change === null) return [];
  const { month, days, before, now, price, volume, mix, charges } = change;
  const detail = days === null ? `against ${month}` : `against ${month}, days ${showSpan(days)}`;
  return Object.entries({ before, now, difference: now - before, price, volume, mix, ...(charges === undefined ? {} : { charges }) }).map(([item, value]) => ({ section: "change", team, item, detail, value }));
}

export function changeToJson(change: CostChange | null): object | null {
  if (change === null) return null;
  const { month, days, before, now, price, volume, mix, charges } = change;
  return {
    month,
    days,
    before_usd: amountToJson(before),
    now_usd: amountToJson(now),
    difference_usd: amountToJson(now - before),
    price_usd: amountToJson(price),
    volume_usd: amountToJson(volume),
    mix_usd: amountToJson(mix),
    ...(charges === undefined ? {} : { charges_usd: amountToJson(charges) }),
  };
}

/** The main drivers of a change, as a sentence: one model, one caller and one value of each dimension. */
export function phraseDrivers(drivers: readonly ChangeDriver[]): Html | string {
  const shown = drivers.filter(({ difference }) => roundAlone(difference) !== 0n).slice(0, 3);
  if (shown.length === 0) return "";
  return html`<span class="drivers">Most of it: ${shown.map(({ kind, name, difference }, index) => html`${index === 0 ? "" : ", "}${kind} ${showName(name)} ${showDifference(difference, roundAlone(difference))}`)}.</span>`;
}

export function driverRows(team: string, drivers: readonly ChangeDriver[]): SummaryRow[] {
  return drivers.map(({ kind, name, difference }) => ({ section: "change driver", team, item: name, detail: kind, value: difference }));
}

export function driverToJson({ kind, name, difference }: ChangeDriver): object {
  return { kind, name, difference_usd: amountToJson(difference) };
}
