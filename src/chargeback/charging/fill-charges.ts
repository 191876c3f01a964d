import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { ChargeOfMonth } from "../../allocation/charges/charges-of-month.ts";
import { BILLIONTHS } from "../../ledger/money.ts";
import { boundMonth, type Month } from "../../ledger/months.ts";
import { OTHERS } from "../../ledger/names/unassigned.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE, IS_LIST_VALUE, isListValue } from "../../ledger/usage/usage-record.ts";
import type { Correction } from "../corrections/correction.ts";
import type { ChargeAmounts, FocusKind } from "../focus/charge.ts";
import { cutCharge } from "../focus/cut-charges.ts";
import { LISTED_PER_NANODOLLAR, listOf, listOfAmount, sqlGrain, sqlPriceOfGrain } from "../focus/list-cost.ts";
import { FOCUS_PART, PART_NAME } from "./split-by-meter.ts";
import { addKinds, addOwners, FOCUS_CHARGE, FOCUS_KEY, FOCUS_PAYER } from "./charge-tables.ts";
import { fillPurchases } from "./fill-purchases.ts";
import { METER_KEYS, METERS } from "../focus/meters.ts";
import { SPLIT_CHARGE } from "./share-charges.ts";

/** As a DOUBLE: larger list costs are calculated outside of the database, which might not hold them. */
const MOST_CALCULATED = "9.9e37";

interface Filling {
  month: Month;
  /** Beginnings of the days of the month, and its end. */
  borders: readonly Date[];
  corrections: readonly Correction[];
  /** What providers charge for besides requests. */
  purchases: readonly ChargeOfMonth[];
  /** SQL of the table whose adjustments are charged: allocations with their owners. Rows without a piece belong to the month. */
  adjusted: string;
  /** Whether charges that are split off a larger one have a ratio. */
  namesRatio: boolean;
}

/** Fills the table of charges from usage, adjustments, purchases other than requests, and corrections. */
export async function fillCharges(duck: DuckDBConnection, { month, borders, corrections, purchases, adjusted: adjustedTable, namesRatio }: Filling): Promise<void> {
  await duck.run(`CREATE TEMP TABLE ${FOCUS_CHARGE} (key_id INTEGER, payer_id INTEGER, kind_id INTEGER, billed HUGEINT, effective HUGEINT, list HUGEINT, pricing_quantity HUGEINT, consumed_quantity HUGEINT, ratio INTEGER)`);
  const used = await chargeUsage(duck, month, borders, namesRatio);
  const adjusted = await chargeAdjustments(duck, { month, borders, adjusted: adjustedTable, firstKind: used.length, covering: purchases.map(({ name }) => name) });
  const bought = await fillPurchases(duck, { month, purchases, adjusted: adjustedTable, firstKind: used.length + adjusted.length, mostCalculated: MOST_CALCULATED });
  const kinds = [...used, ...adjusted, ...bought];
  await cutLarge(duck, kinds);
  await chargeCorrections(duck, { month, corrections, firstKind: kinds.length });
}

const usageKind = z.tuple([z.number(), z.number().nullable(), z.string(), z.string(), z.string().nullable(), z.string(), z.enum(METER_KEYS), z.string().nullable(), z.bigint()]);

/** SQL of the ratio of a charge: null where one owner has all of it without a rule. */
const RATIO = `CASE WHEN share < ${String(BILLIONTHS)} OR split_method IS NOT NULL THEN share END`;

async function chargeUsage(duck: DuckDBConnection, month: Month, borders: readonly Date[], namesRatio: boolean): Promise<FocusKind[]> {
  await duck.run(`CREATE TEMP TABLE usage_kind AS SELECT (row_number() OVER () - 1)::INTEGER AS kind_id, *, ${sqlGrain("unit_price")} AS grain, ${sqlPriceOfGrain("unit_price")} AS price_of_grain FROM (
    SELECT DISTINCT day, provider, model, name_id, unit_price FROM ${FOCUS_PART} JOIN ${FOCUS_KEY} USING (key_id))`);
  const found = await duck.runAndReadAll(`SELECT kind_id, day, provider, model, agent, source, meter, version, unit_price FROM usage_kind JOIN ${PART_NAME} USING (name_id) ORDER BY kind_id`);
  const kinds = z.array(usageKind).parse(found.getRowsJS()).map(([, day, provider, model, agent, costSource, meter, priceVersion, unitPrice]): FocusKind => {
    return { ...(day === null ? { from: month.from, to: month.to } : spanOf(borders, day)), provider, model, agent, category: "Usage", costSource, description: `${provider}/${model}: ${METERS[meter].name}`, meter, priceVersion: model === OTHERS ? null : priceVersion, unitPrice, correction: null, purchase: null };
  });
  await addKinds(duck, 0, kinds, month);
  await duck.run(`INSERT INTO ${FOCUS_CHARGE}
    SELECT key_id, owner_id, kind_id, billed, billed, CASE WHEN price_of_grain::DOUBLE * pricing_quantity::DOUBLE <= ${MOST_CALCULATED} THEN price_of_grain * CASE grain WHEN 1 THEN pricing_quantity ELSE pricing_quantity // grain END END, pricing_quantity, quantity, ratio FROM (
      SELECT part.key_id, owner_id, kind_id, grain, price_of_grain, CASE WHEN ${IS_LIST_VALUE} THEN 0 ELSE charge.cost END AS billed, CASE WHEN meter = 'estimate' THEN charge.cost * 1000 ELSE charge.quantity END AS pricing_quantity, charge.quantity,
        ${namesRatio ? RATIO : "NULL"} AS ratio
      FROM ${SPLIT_CHARGE} AS charge ${namesRatio ? `JOIN ${FOCUS_PAYER} ON owner_id = payer_id` : ""} JOIN ${FOCUS_PART} AS part USING (part_id) JOIN ${PART_NAME} USING (name_id) JOIN ${FOCUS_KEY} AS key ON part.key_id = key.key_id
        JOIN usage_kind AS kind ON kind.day IS NOT DISTINCT FROM part.day AND kind.name_id = part.name_id AND kind.unit_price = part.unit_price AND kind.provider = key.provider AND kind.model = key.model)`);
  await duck.run("DROP TABLE usage_kind");
  return kinds;
}

const adjustmentKind = z.tuple([z.number(), z.number().nullable(), z.string(), z.string(), z.string(), z.string().nullable()]);

interface Adjusting extends Pick<Filling, "month" | "borders" | "adjusted"> {
  firstKind: number;
  /** Names of the charges that cover usage. */
  covering: readonly string[];
}

/** Discounts and markups by day, and the month's changes by invoices and charges. What a charge covers is not owed but keeps its list cost. */
async function chargeAdjustments(duck: DuckDBConnection, { month, borders, adjusted, firstKind, covering }: Adjusting): Promise<FocusKind[]> {
  const adjustments = `${adjusted} JOIN ${FOCUS_KEY} USING (key_id) WHERE method = 'adjustment' AND billing <> '${CHARGE}'`;
  const listed = covering.length === 0 ? "cost" : `CASE WHEN used.rule IN (${covering.map(sqlText).join(", ")}) THEN 0 ELSE cost END`;
  await duck.run(`CREATE TEMP TABLE adjustment_kind AS SELECT (row_number() OVER () - 1)::INTEGER + ${String(firstKind)} AS kind_id, * FROM (SELECT DISTINCT piece, provider, model, rule, base FROM ${adjustments})`);
  const found = await duck.runAndReadAll("SELECT * FROM adjustment_kind ORDER BY kind_id");
  const kinds = z.array(adjustmentKind).parse(found.getRowsJS()).map(([, day, provider, model, rule, base]): FocusKind => ({
    ...(day === null ? { from: month.from, to: month.to } : spanOf(borders, day)),
    provider, model, agent: null, category: "Adjustment", costSource: "adjustment", description: base === null ? rule : `${rule} (${base})`, meter: null, priceVersion: null, unitPrice: 0n, correction: null, purchase: null,
  }));
  await addKinds(duck, firstKind, kinds, month);
  await duck.run(`INSERT INTO ${FOCUS_CHARGE} SELECT key_id, owner_id, kind_id, cost, cost, CASE WHEN abs(cost::DOUBLE) * ${String(LISTED_PER_NANODOLLAR)} <= ${MOST_CALCULATED} THEN ${listed} * ${String(LISTED_PER_NANODOLLAR)} END, NULL, NULL, NULL
    FROM (SELECT * FROM ${adjustments}) AS used JOIN adjustment_kind AS kind ON used.piece IS NOT DISTINCT FROM kind.piece AND used.provider = kind.provider AND used.model = kind.model
      AND used.rule = kind.rule AND used.base IS NOT DISTINCT FROM kind.base`);
  await duck.run("DROP TABLE adjustment_kind");
  return kinds;
}

const largeCharge = z.tuple([z.number(), z.number(), z.number(), z.bigint(), z.bigint(), z.bigint().nullable(), z.bigint().nullable(), z.number().nullable()]);

/** Cuts charges whose list cost no row can hold. */
async function cutLarge(duck: DuckDBConnection, kinds: readonly FocusKind[]): Promise<void> {
  const found = await duck.runAndReadAll(`SELECT key_id, payer_id, kind_id, billed, effective, pricing_quantity, consumed_quantity, ratio FROM ${FOCUS_CHARGE} WHERE list IS NULL`);
  const large = z.array(largeCharge).parse(found.getRowsJS());
  if (large.length === 0) return;
  await duck.run(`DELETE FROM ${FOCUS_CHARGE} WHERE list IS NULL`);
  await appendCharges(duck, large.map(([key, payer, kind, billed, effective, pricingQuantity, consumedQuantity, ratio]) => {
    const price = kinds[kind];
    const unitPrice = price === undefined || (price.meter === null && price.category !== "Purchase") ? null : price.unitPrice;
    const list = unitPrice === null ? listOfAmount(billed) : listOf(unitPrice, pricingQuantity ?? 0n);
    return { of: [key, payer, kind], ratio, amounts: { billed, effective, unitPrice, list, pricingQuantity, consumedQuantity } };
  }));
}

/** Charges for corrections of closed months, dated in the period they correct. A correction without a price before and after is not charged. */
async function chargeCorrections(duck: DuckDBConnection, { month, corrections, firstKind }: { month: Month; corrections: readonly Correction[]; firstKind: number }): Promise<void> {
  const priced = corrections.filter(({ was, is }) => was !== null || is !== null);
  if (priced.length === 0) return;
  const { key, payer } = await addOwners(duck, priced);
  const kinds = priced.map(({ corrects, provider, model, billing, method, reason, cause }): FocusKind => {
    const { from, to } = boundMonth(corrects, month.timezone);
    const isBought = billing === CHARGE;
    const category = isBought ? "Purchase" : method === "adjustment" ? "Adjustment" : "Usage";
    return { from, to, provider, model, agent: null, category, costSource: "correction", description: reason, meter: null, priceVersion: null, unitPrice: 0n, correction: cause, purchase: isBought ? { kind: CHARGE, isOnce: true } : null };
  });
  await addKinds(duck, firstKind, kinds, month);
  await appendCharges(duck, priced.map(({ billing, difference }, index) => ({
    of: [key + index, payer + index, firstKind + index],
    ratio: null,
    amounts: { billed: isListValue(billing) ? 0n : difference, effective: isListValue(billing) ? 0n : difference, unitPrice: null, list: listOfAmount(difference), pricingQuantity: null, consumedQuantity: null },
  })));
}

/** @param charges `of`: the numbers of key, payer and kind */
async function appendCharges(duck: DuckDBConnection, charges: readonly { of: readonly number[]; ratio: number | null; amounts: ChargeAmounts }[]): Promise<void> {
  await appendRows(duck, FOCUS_CHARGE, charges.flatMap(({ of, ratio, amounts }) =>
    cutCharge(amounts).map(({ billed, effective, list, pricingQuantity, consumedQuantity }) => [...of, billed, effective, list, pricingQuantity, consumedQuantity, ratio])));
}

function spanOf(borders: readonly Date[], day: number): { from: Date; to: Date } {
  const [from, to] = [borders[day], borders[day + 1]];
  if (from === undefined || to === undefined) throw new RangeError(`no day ${String(day)}`);
  return { from, to };
}
