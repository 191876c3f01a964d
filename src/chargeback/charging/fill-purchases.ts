import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { ChargeOfMonth } from "../../allocation/charges/charges-of-month.ts";
import type { Month } from "../../ledger/months.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import type { FocusKind } from "../focus/charge.ts";
import { LISTED_PER_NANODOLLAR } from "../focus/list-cost.ts";
import { addKinds, FOCUS_CHARGE, FOCUS_KEY } from "./charge-tables.ts";

/** In 1e-18 dollars. */
const ONE_DOLLAR = 10n ** 18n;
/** One nanodollar in 1e-12 dollars, and one unit in millionths. */
const [QUANTITY, ONE] = [1000, 1_000_000];

const purchaseKind = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string().nullable(), z.boolean()]);

interface Purchasing {
  month: Month;
  purchases: readonly ChargeOfMonth[];
  /** SQL of allocations with their owners. */
  adjusted: string;
  firstKind: number;
  /** As a DOUBLE. List costs beyond it are left out of the table and calculated outside the database. */
  mostCalculated: string;
}

/**
 * Adds purchases other than requests, each priced at one dollar per dollar; a credit has no price. In FOCUS a purchase has no effective cost, so a
 * second row for its use, over the same time, has all of the effective cost.
 */
export async function fillPurchases(duck: DuckDBConnection, { month, purchases, adjusted, firstKind, mostCalculated }: Purchasing): Promise<FocusKind[]> {
  if (purchases.length === 0) return [];
  const bought = `${adjusted} JOIN ${FOCUS_KEY} USING (key_id) WHERE billing = '${CHARGE}'`;
  await duck.run(`CREATE TEMP TABLE purchase_kind AS SELECT (row_number() OVER () - 1)::INTEGER + ${String(firstKind)} AS kind_id, * FROM (SELECT DISTINCT provider, model, rule, base, cost < 0 AS is_credit FROM ${bought})`);
  const found = await duck.runAndReadAll("SELECT * FROM purchase_kind ORDER BY kind_id");
  const kinds = z.array(purchaseKind).parse(found.getRowsJS()).map(([, provider, model, rule, base, isCredit]): FocusKind => {
    const purchase = purchases.find((one) => one.provider === provider && one.name === rule);
    const { from, to } = purchase === undefined ? month : { from: new Date(purchase.from), to: new Date(purchase.to) };
    return {
      from, to, provider, model, agent: null, category: isCredit ? "Credit" : "Purchase", costSource: CHARGE, description: base === null ? rule : `${rule} (${base})`, meter: null,
      priceVersion: null, unitPrice: ONE_DOLLAR, correction: null, purchase: { kind: purchase?.kind ?? CHARGE, isOnce: purchase?.isOnce ?? true },
    };
  });
  const uses = kinds.map((kind): FocusKind => ({ ...kind, category: "Usage", description: `${kind.description}: its use`, unitPrice: 0n }));
  await addKinds(duck, firstKind, [...kinds, ...uses], month);
  const rows = `FROM (SELECT * FROM ${bought}) AS used JOIN purchase_kind AS kind ON used.provider = kind.provider AND used.model = kind.model AND used.rule = kind.rule AND used.base IS NOT DISTINCT FROM kind.base AND (used.cost < 0) = kind.is_credit`;
  const listed = String(LISTED_PER_NANODOLLAR);
  await duck.run(`INSERT INTO ${FOCUS_CHARGE}
    SELECT key_id, owner_id, kind_id, cost, CASE WHEN is_credit THEN cost ELSE 0 END, CASE WHEN abs(cost::DOUBLE) * ${listed} <= ${mostCalculated} THEN cost * ${listed} END, CASE WHEN is_credit THEN NULL ELSE cost * ${String(QUANTITY)} END, NULL, NULL ${rows}
    UNION ALL SELECT key_id, owner_id, kind_id + ${String(kinds.length)}, 0, cost, 0, cost * ${String(QUANTITY)}, ${String(ONE)}, NULL ${rows} WHERE NOT is_credit`);
  await duck.run("DROP TABLE purchase_kind");
  return [...kinds, ...uses];
}
