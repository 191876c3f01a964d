import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { DEFAULT_RULE } from "../../allocation/shares/decide.ts";
import { ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { dimensionsOfEntries, type UsageKey } from "../../ledger/usage/usage-key.ts";
import type { KindOfMoney } from "../../ledger/usage/usage-record.ts";
import type { FocusKind } from "../focus/charge.ts";
import { columnsOfKind, type FocusPeriod, KIND_COLUMNS, showDimensions, tagsOfDimensions, tagsOfPayer } from "../focus/focus-row.ts";
import { detailsOfSplit, splitMethodOf } from "../focus/split-columns.ts";
import { type BilledModel, LINE_OF_INVOICE } from "../focus/invoice-lines.ts";

/**
 * Charges: `key_id`, `payer_id`, `kind_id`, `billed` and `effective` in nanodollars, `list` in 1e-24 dollars, `pricing_quantity` in 1e-12,
 * `consumed_quantity` in 1e-6; `ratio` in billionths for charges that are split off a larger one, else null.
 */
export const FOCUS_CHARGE = "focus_charge";
/**
 * Keys of charges: `key_id`, `instance`, `caller`, `caller_type`, `provider`, `model`, `billing`, `dimensions_text`, `dimension_tags`, and the
 * bill's line for it: `invoice_id`, `invoice_detail_id`.
 */
export const FOCUS_KEY = "focus_key";
/** Who pays: `payer_id`, `team`, `cost_center`, `tag`, `method`, `rule`, `payer_tags`, `split_method`, `split_details`. Team and tag are null where there is none. */
export const FOCUS_PAYER = "focus_payer";
/** What charges have in common, as text: `kind_id` and `KIND_COLUMNS`. */
export const FOCUS_KIND = "focus_kind";

type KeyOfCharge = Omit<UsageKey, "tags" | "billing"> & { billing: KindOfMoney };

/** Who pays a charge. */
export interface ChargePayer {
  team: string;
  costCenter: string | null;
  tag: string;
  method: string;
  rule: string;
}

/** What a version of FOCUS requires of keys and payers. */
export interface FocusNaming {
  /** The models whose charges are on a bill. */
  billed: readonly BilledModel[];
  /** Whether the row of a part describes the whole amount. */
  namesBase: boolean;
}

/** Creates the tables of keys and payers of the allocated month. */
export async function createFocusTables(duck: DuckDBConnection, { billed, namesBase }: FocusNaming): Promise<void> {
  await duck.run(`CREATE TEMP TABLE dimension_set AS SELECT (row_number() OVER ())::INTEGER AS set_id, * FROM (SELECT DISTINCT dimensions FROM ${USAGE_KEY})`);
  const found = z.array(z.tuple([z.number(), dimensionsOfEntries])).parse((await duck.runAndReadAll("SELECT set_id, dimensions FROM dimension_set")).getRowsJS());
  await duck.run("CREATE TEMP TABLE dimension_text (set_id INTEGER, dimensions_text VARCHAR, dimension_tags VARCHAR)");
  await appendRows(duck, "dimension_text", found.map(([id, dimensions]) => [id, showDimensions({ dimensions }), tagsOfDimensions({ dimensions })]));
  await duck.run("CREATE TEMP TABLE billed_model (provider VARCHAR, model VARCHAR, invoice_id VARCHAR)");
  await appendRows(duck, "billed_model", billed.map(({ provider, model, invoiceId }) => [provider, model, invoiceId]));
  await duck.run(`CREATE TEMP TABLE ${FOCUS_KEY} AS SELECT key_id, instance, caller, caller_type, provider, model, billing, dimensions_text, dimension_tags, invoice_id, ${LINE_OF_INVOICE} AS invoice_detail_id
    FROM (SELECT used.*, CASE billing WHEN 'metered' THEN invoice_id END AS invoice_id FROM ${USAGE_KEY} AS used LEFT JOIN billed_model USING (provider, model)) JOIN dimension_set USING (dimensions) JOIN dimension_text USING (set_id)`);
  for (const table of ["dimension_set", "dimension_text", "billed_model"]) await duck.run(`DROP TABLE ${table}`);
  const payers = z.array(z.tuple([z.number(), z.string(), z.string().nullable(), z.string(), z.string(), z.string(), z.string().nullable()])).parse((await duck.runAndReadAll(`SELECT owner_id, team, cost_center, tag, method, rule, base FROM ${ALLOCATED_OWNER}`)).getRowsJS());
  await duck.run(`CREATE TEMP TABLE ${FOCUS_PAYER} (payer_id INTEGER, team VARCHAR, cost_center VARCHAR, tag VARCHAR, method VARCHAR, rule VARCHAR, payer_tags VARCHAR, split_method VARCHAR, split_details VARCHAR)`);
  await appendRows(duck, FOCUS_PAYER, payers.map(([id, team, costCenter, tag, method, rule, base]) => payerRow(id, { team, costCenter, tag, method, rule }, namesBase ? base : null)));
  await duck.run(`CREATE TEMP TABLE ${FOCUS_KIND} (kind_id INTEGER, ${KIND_COLUMNS.map(({ name }) => `${name} VARCHAR`).join(", ")})`);
}

/** Adds keys and payers from other months than the allocated one. Returns the number of the first key and of the first payer. */
export async function addOwners(duck: DuckDBConnection, owners: readonly (KeyOfCharge & ChargePayer)[]): Promise<{ key: number; payer: number }> {
  const found = await duck.runAndReadAll(`SELECT (SELECT coalesce(max(key_id), 0) + 1 FROM ${FOCUS_KEY})::INTEGER, (SELECT coalesce(max(payer_id), 0) + 1 FROM ${FOCUS_PAYER})::INTEGER`);
  const [key, payer] = z.tuple([z.number(), z.number()]).parse(found.getRowsJS()[0]);
  await appendRows(duck, FOCUS_KEY, owners.map((owner, index) => [
    key + index, owner.instance, owner.caller, owner.callerType, owner.provider, owner.model, owner.billing, showDimensions(owner), tagsOfDimensions(owner), null, null,
  ]));
  await appendRows(duck, FOCUS_PAYER, owners.map((owner, index) => payerRow(payer + index, owner, null)));
  return { key, payer };
}

/** Adds kinds with consecutive numbers. @param first number of the first kind */
export async function addKinds(duck: DuckDBConnection, first: number, kinds: readonly FocusKind[], period: FocusPeriod): Promise<void> {
  await appendRows(duck, FOCUS_KIND, kinds.map((kind, index) => {
    const columns: Readonly<Record<string, string | null | undefined>> = columnsOfKind(kind, period);
    return [first + index, ...KIND_COLUMNS.map(({ name }) => columns[name] ?? null)];
  }));
}

/** @param base in words, what the payer's share is relative to */
function payerRow(id: number, { team, costCenter, tag, method, rule }: ChargePayer, base: string | null): (string | number | null)[] {
  const named = { team: team === UNALLOCATED ? null : team, tag: tag === UNTAGGED ? null : tag, costCenter };
  return [id, named.team, costCenter, named.tag, method, rule, tagsOfPayer(named), splitMethodOf(method, rule === DEFAULT_RULE), detailsOfSplit(base)];
}
