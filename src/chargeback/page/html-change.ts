import { html } from "hono/html";
import { formatCents, roundToCents, shareCents, signDollar } from "../../ledger/money.ts";
import { type Html, moneyCell } from "./html-cells.ts";
import type { Change } from "../insights/insights.ts";
import { boundMonth, type Month, monthTitle } from "../../ledger/months.ts";
import { differenceCell, scrollingTable, showAmount, signDifference } from "./tables.ts";

const PARTS = [
  { name: "price", title: "Price", meaning: "the same tokens of the same models cost more or less", more: "dearer prices", less: "cheaper prices" },
  { name: "volume", title: "Volume", meaning: "more or fewer tokens, at the average cost of the month before", more: "more use", less: "less use" },
  { name: "mix", title: "Mix", meaning: "dearer or cheaper models, new and vanished ones among them", more: "a dearer mix of models", less: "a cheaper mix of models" },
] as const;

/**
 * Why the month owes more or less than the one before, in a sentence and as a sum.
 * @param owed cents as printed elsewhere
 */
export function renderChange(change: Change, owed: bigint, month: Month): Html {
  const before = roundToCents([change.before]).total;
  const difference = owed - before;
  const parts = shareCents(difference, PARTS.map(({ name }) => change[name]));
  const earlier = monthTitle(boundMonth(change.month, month.timezone));
  return html`<p class="lead">${describeChange(difference, before, parts)} with ${earlier}.</p>
${scrollingTable("Change against the month before", {
  caption: `From ${earlier} to ${monthTitle(month)}: what is owed`,
  columns: [{ title: "Step" }, { title: "Amount", figure: true }, { title: "Meaning" }],
  rows: [
    { header: earlier, cells: [moneyCell(change.before, before), html`<td class="meaning">owed in the month before</td>`] },
    ...PARTS.map(({ name, title, meaning }, index) => ({ header: title, cells: [differenceCell(change[name], parts[index] ?? 0n), html`<td class="meaning">${meaning}</td>`] })),
  ],
  foot: { header: monthTitle(month), cells: [moneyCell(change.now, owed), html`<td class="meaning">owed in this month</td>`] },
  style: "small",
})}`;
}

function describeChange(difference: bigint, before: bigint, parts: readonly bigint[]): Html {
  if (difference === 0n) return html`What is owed is the same, compared`;
  const amount = signDollar(formatCents(difference < 0n ? -difference : difference));
  const share = before > 0n ? `\u00A0(${formatPercent(difference, before)})` : "";
  const reasons = PARTS.map(({ more, less }, index) => ({ cents: parts[index] ?? 0n, more, less }))
    .filter(({ cents }) => cents !== 0n)
    .map(({ cents, more, less }) => `${signDifference(cents)} by ${cents > 0n ? more : less}`);
  return html`What is owed is <strong>${amount} ${difference > 0n ? "more" : "less"}</strong>${share}: ${reasons.join(", ")}; compared`;
}

function formatPercent(difference: bigint, before: bigint): string {
  const tenths = (difference * 2000n + (difference < 0n ? -before : before)) / (2n * before);
  const size = tenths < 0n ? -tenths : tenths;
  return `${tenths < 0n ? "-" : "+"}${String(size / 10n)}.${String(size % 10n)}\u00A0%`;
}

/** A change in a phrase, for a team. */
export function phraseChange({ month, before, now }: Change, timezone: string): Html {
  const [earlier, difference] = [roundToCents([before]).total, roundToCents([now]).total - roundToCents([before]).total];
  return html`${signDifference(difference)} against ${monthTitle(boundMonth(month, timezone))} (${showAmount(before, earlier)})`;
}
