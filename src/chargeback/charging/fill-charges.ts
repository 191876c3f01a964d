import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { IS_LIST_VALUE, isListValue } from "../../ledger/usage/usage-record.ts";
import type { Correction } from "../corrections/correction.ts";
import type { ChargeAmounts, FocusKind } from "../focus/charge.ts";
import { cutCharge } from "../focus/cut-charges.ts";
import { FOCUS_PART, PART_NAME } from "./split-by-meter.ts";
import { addKinds, addOwners, FOCUS_KEY } from "./charge-tables.ts";
import { METER_KEYS, METERS } from "../focus/meters.ts";
import { SPLIT_CHARGE } from "./share-charges.ts";

/** Charges: `key_id`, `payer_id`, `kind_id`, `billed` in nanodollars, `list` in 1e-30 dollars, `pricing_quantity` in 1e-12, `consumed_quantity` in 1e-6. */
export const FOCUS_CHARGE = "focus_charge";

/** A nanodollar in 1e-30 dollars. */
const LISTED_PER_NANODOLLAR = 10n ** 21n;
/** As a DOUBLE: larger list costs are calculated outside of the database, which might not hold them. */
const MOST_CALCULATED = "9.9e37";

interface Filling {
  month: Month;
  /** Beginnings of the days of the month, and its end. */
  borders: readonly Date[];
  corrections: readonly Correction[];
}

/** Fills the table of charges from usage, adjustments and corrections. */
export async function fillCharges(duck: DuckDBConnection, { month, borders, corrections }: Filling): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${FOCUS_CHARGE} (key_id INTEGER, payer_id INTEGER, kind_id INTEGER, billed HUGEINT, list HUGEINT, pricing_quantity HUGEINT, consumed_quantity HUGEINT)`);
  const used = await chargeUsage(duck, month, borders);
  const adjusted = await chargeAdjustments(duck, { month, borders, firstKind: used.length });
  await cutLarge(duck, [...used, ...adjusted]);
  await chargeCorrections(duck, { month, corrections, firstKind: used.length + adjusted.length });
}

const usageKind = z.tuple([z.number(), z.number(), z.string(), z.string(), z.string().nullable(), z.string(), z.enum(METER_KEYS), z.string().nullable(), z.bigint()]);

async function chargeUsage(duck: DuckDBConnection, month: Month, borders: readonly Date[]): Promise<FocusKind[]> {
  await duck.run(`CREATE TEMP TABLE usage_kind AS SELECT (row_number() OVER () - 1)::INTEGER AS kind_id, * FROM (
    SELECT DISTINCT day, provider, model, name_id, unit_price FROM ${FOCUS_PART} JOIN ${FOCUS_KEY} USING (key_id))`);
  const found = await duck.runAndReadAll(`SELECT kind_id, day, provider, model, agent, source, meter, version, unit_price FROM usage_kind JOIN ${PART_NAME} USING (name_id) ORDER BY kind_id`);
  const kinds = z.array(usageKind).parse(found.getRowsJS()).map(([, day, provider, model, agent, costSource, meter, priceVersion, unitPrice]): FocusKind => {
    return { ...spanOf(borders, day), provider, model, agent, category: "Usage", costSource, description: `${provider}/${model}: ${METERS[meter].name}`, meter, priceVersion, unitPrice, correction: null };
  });
  await addKinds(duck, 0, kinds, month);
  await duck.run(`INSERT INTO ${FOCUS_CHARGE}
    SELECT key_id, owner_id, kind_id, billed, CASE WHEN unit_price::DOUBLE * pricing_quantity::DOUBLE <= ${MOST_CALCULATED} THEN unit_price * pricing_quantity END, pricing_quantity, quantity FROM (
      SELECT part.key_id, owner_id, kind_id, part.unit_price, CASE WHEN ${IS_LIST_VALUE} THEN 0 ELSE charge.cost END AS billed, CASE WHEN meter = 'estimate' THEN charge.cost * 1000 ELSE charge.quantity END AS pricing_quantity, charge.quantity
      FROM ${SPLIT_CHARGE} AS charge JOIN ${FOCUS_PART} AS part USING (part_id) JOIN ${PART_NAME} USING (name_id) JOIN ${FOCUS_KEY} AS key ON part.key_id = key.key_id
        JOIN usage_kind AS kind ON kind.day = part.day AND kind.name_id = part.name_id AND kind.unit_price = part.unit_price AND kind.provider = key.provider AND kind.model = key.model)`);
  await duck.run("DROP TABLE usage_kind");
  return kinds;
}

const adjustmentKind = z.tuple([z.number(), z.number().nullable(), z.string(), z.string(), z.string(), z.string().nullable()]);

/** Discounts and markups of days, and what invoices change in the month. */
async function chargeAdjustments(duck: DuckDBConnection, { month, borders, firstKind }: { month: Month; borders: readonly Date[]; firstKind: number }): Promise<FocusKind[]> {
  const adjustments = `${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${FOCUS_KEY} USING (key_id) WHERE method = 'adjustment'`;
  await duck.run(`CREATE TEMP TABLE adjustment_kind AS SELECT (row_number() OVER () - 1)::INTEGER + ${String(firstKind)} AS kind_id, * FROM (SELECT DISTINCT piece, provider, model, rule, base FROM ${adjustments})`);
  const found = await duck.runAndReadAll("SELECT * FROM adjustment_kind ORDER BY kind_id");
  const kinds = z.array(adjustmentKind).parse(found.getRowsJS()).map(([, day, provider, model, rule, base]): FocusKind => ({
    ...(day === null ? { from: month.from, to: month.to } : spanOf(borders, day)),
    provider, model, agent: null, category: "Adjustment", costSource: "adjustment", description: base === null ? rule : `${rule} (${base})`, meter: null, priceVersion: null, unitPrice: 0n, correction: null,
  }));
  await addKinds(duck, firstKind, kinds, month);
  await duck.run(`INSERT INTO ${FOCUS_CHARGE} SELECT key_id, owner_id, kind_id, cost, CASE WHEN abs(cost::DOUBLE) * 1e21 <= ${MOST_CALCULATED} THEN cost * ${String(LISTED_PER_NANODOLLAR)} END, NULL, NULL
    FROM (SELECT * FROM ${adjustments}) AS used JOIN adjustment_kind AS kind ON used.piece IS NOT DISTINCT FROM kind.piece AND used.provider = kind.provider AND used.model = kind.model
      AND used.rule = kind.rule AND used.base IS NOT DISTINCT FROM kind.base`);
  await duck.run("DROP TABLE adjustment_kind");
  return kinds;
}

const largeCharge = z.tuple([z.number(), z.number(), z.number(), z.bigint(), z.bigint().nullable(), z.bigint().nullable()]);

/** Cuts charges whose list cost no row can hold. */
async function cutLarge(duck: DuckDBConnection, kinds: readonly FocusKind[]): Promise<void> {
  const found = await duck.runAndReadAll(`SELECT key_id, payer_id, kind_id, billed, pricing_quantity, consumed_quantity FROM ${FOCUS_CHARGE} WHERE list IS NULL`);
  const large = z.array(largeCharge).parse(found.getRowsJS());
  if (large.length === 0) return;
  await duck.run(`DELETE FROM ${FOCUS_CHARGE} WHERE list IS NULL`);
  await appendCharges(duck, large.map(([key, payer, kind, billed, pricingQuantity, consumedQuantity]) => {
    const price = kinds[kind];
    const unitPrice = price === undefined || price.meter === null ? null : price.unitPrice;
    const list = unitPrice === null ? billed * LISTED_PER_NANODOLLAR : unitPrice * (pricingQuantity ?? 0n);
    return { of: [key, payer, kind], amounts: { billed, unitPrice, list, pricingQuantity, consumedQuantity } };
  }));
}

/** Charges for corrections of closed months, dated in the period they correct. A correction without a price before and after is not charged. */
async function chargeCorrections(duck: DuckDBConnection, { month, corrections, firstKind }: { month: Month; corrections: readonly Correction[]; firstKind: number }): Promise<void> {
  const priced = corrections.filter(({ was, is }) => was !== null || is !== null);
  if (priced.length === 0) return;
  const { key, payer } = await addOwners(duck, priced);
  const kinds = priced.map(({ corrects, provider, model, method, reason, cause }): FocusKind => {
    const { from, to } = boundMonth(corrects, month.timezone);
    return { from, to, provider, model, agent: null, category: method === "adjustment" ? "Adjustment" : "Usage", costSource: "correction", description: reason, meter: null, priceVersion: null, unitPrice: 0n, correction: cause };
  });
  await addKinds(duck, firstKind, kinds, month);
  await appendCharges(duck, priced.map(({ billing, difference }, index) => ({
    of: [key + index, payer + index, firstKind + index],
    amounts: { billed: isListValue(billing) ? 0n : difference, unitPrice: null, list: difference * LISTED_PER_NANODOLLAR, pricingQuantity: null, consumedQuantity: null },
  })));
}

/** @param charges `of`: the numbers of key, payer and kind */
async function appendCharges(duck: DuckDBConnection, charges: readonly { of: readonly number[]; amounts: ChargeAmounts }[]): Promise<void> {
  await appendRows(duck, FOCUS_CHARGE, charges.flatMap(({ of, amounts }) =>
    cutCharge(amounts).map(({ billed, list, pricingQuantity, consumedQuantity }) => [...of, billed, list, pricingQuantity, consumedQuantity])));
}

function spanOf(borders: readonly Date[], day: number): { from: Date; to: Date } {
  const [from, to] = [borders[day], borders[day + 1]];
  if (from === undefined || to === undefined) throw new RangeError(`no day ${String(day)}`);
  return { from, to };
}
