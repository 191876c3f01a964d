import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { UNALLOCATED, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { dimensionsOfEntries, type UsageKey } from "../../ledger/usage/usage-key.ts";
import type { FocusKind } from "../focus/charge.ts";
import { columnsOfKind, type FocusPeriod, KIND_COLUMNS, showDimensions, tagsOfDimensions, tagsOfPayer } from "../focus/focus-row.ts";

/** Keys of charges: `key_id`, `instance`, `caller`, `caller_type`, `provider`, `model`, `billing`, `dimensions_text`, `dimension_tags`. */
export const FOCUS_KEY = "focus_key";
/** Who pays: `payer_id`, `team`, `cost_center`, `tag`, `method`, `rule`, `payer_tags`. Team and tag are null where there is none. */
export const FOCUS_PAYER = "focus_payer";
/** What charges have in common, as text: `kind_id` and `KIND_COLUMNS`. */
export const FOCUS_KIND = "focus_kind";

type KeyOfCharge = Omit<UsageKey, "tags">;

/** Who pays a charge. */
export interface ChargePayer {
  team: string;
  costCenter: string | null;
  tag: string;
  method: string;
  rule: string;
}

/** Creates the tables of keys and payers of the allocated month. */
export async function createFocusTables(duck: DuckDBConnection): Promise<void> {
  await duck.run(`CREATE TEMP TABLE dimension_set AS SELECT (row_number() OVER ())::INTEGER AS set_id, * FROM (SELECT DISTINCT dimensions FROM ${USAGE_KEY})`);
  const found = z.array(z.tuple([z.number(), dimensionsOfEntries])).parse((await duck.runAndReadAll("SELECT set_id, dimensions FROM dimension_set")).getRowsJS());
  await duck.run("CREATE TEMP TABLE dimension_text (set_id INTEGER, dimensions_text VARCHAR, dimension_tags VARCHAR)");
  await appendRows(duck, "dimension_text", found.map(([id, dimensions]) => [id, showDimensions({ dimensions }), tagsOfDimensions({ dimensions })]));
  await duck.run(`CREATE TEMP TABLE ${FOCUS_KEY} AS SELECT key_id, instance, caller, caller_type, provider, model, billing, dimensions_text, dimension_tags
    FROM ${USAGE_KEY} JOIN dimension_set USING (dimensions) JOIN dimension_text USING (set_id)`);
  await duck.run("DROP TABLE dimension_set");
  await duck.run("DROP TABLE dimension_text");
  const payers = z.array(z.tuple([z.number(), z.string(), z.string().nullable(), z.string(), z.string(), z.string()])).parse((await duck.runAndReadAll(`SELECT owner_id, team, cost_center, tag, method, rule FROM ${ALLOCATED_OWNER}`)).getRowsJS());
  await duck.run(`CREATE TEMP TABLE ${FOCUS_PAYER} (payer_id INTEGER, team VARCHAR, cost_center VARCHAR, tag VARCHAR, method VARCHAR, rule VARCHAR, payer_tags VARCHAR)`);
  await appendRows(duck, FOCUS_PAYER, payers.map(([id, team, costCenter, tag, method, rule]) => payerRow(id, { team, costCenter, tag, method, rule })));
  await duck.run(`CREATE TEMP TABLE ${FOCUS_KIND} (kind_id INTEGER, ${KIND_COLUMNS.map(({ name }) => `${name} VARCHAR`).join(", ")})`);
}

/** Adds keys and payers that are not of the allocated month, and returns the number of the first of each. */
export async function addOwners(duck: DuckDBConnection, owners: readonly (KeyOfCharge & ChargePayer)[]): Promise<{ key: number; payer: number }> {
  const found = await duck.runAndReadAll(`SELECT (SELECT coalesce(max(key_id), 0) + 1 FROM ${FOCUS_KEY})::INTEGER, (SELECT coalesce(max(payer_id), 0) + 1 FROM ${FOCUS_PAYER})::INTEGER`);
  const [key, payer] = z.tuple([z.number(), z.number()]).parse(found.getRowsJS()[0]);
  await appendRows(duck, FOCUS_KEY, owners.map((owner, index) => [
    key + index, owner.instance, owner.caller, owner.callerType, owner.provider, owner.model, owner.billing, showDimensions(owner), tagsOfDimensions(owner),
  ]));
  await appendRows(duck, FOCUS_PAYER, owners.map((owner, index) => payerRow(payer + index, owner)));
  return { key, payer };
}

/** Adds kinds, whose numbers follow each other. @param first the number of the first */
export async function addKinds(duck: DuckDBConnection, first: number, kinds: readonly FocusKind[], period: FocusPeriod): Promise<void> {
  await appendRows(duck, FOCUS_KIND, kinds.map((kind, index) => {
    const columns: Readonly<Record<string, string | null | undefined>> = columnsOfKind(kind, period);
    return [first + index, ...KIND_COLUMNS.map(({ name }) => columns[name] ?? null)];
  }));
}

function payerRow(id: number, { team, costCenter, tag, method, rule }: ChargePayer): (string | number | null)[] {
  const named = { team: team === UNALLOCATED ? null : team, tag: tag === UNTAGGED ? null : tag, costCenter };
  return [id, named.team, costCenter, named.tag, method, rule, tagsOfPayer(named)];
}
