import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER, PAYING_TEAM } from "../../allocation/shares/span-tables.ts";
import { USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { OTHERS, UNTAGGED } from "../../ledger/names/unassigned.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { createChanges, sqlChanged } from "../../ledger/sql/duckdb-texts.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { dimensionsOfEntries } from "../../ledger/usage/usage-key.ts";
import { FOCUS_KEY, FOCUS_KIND, FOCUS_PAYER } from "../charging/charge-tables.ts";
import { SPLIT_CHARGE } from "../charging/share-charges.ts";
import { FOCUS_PART, PART_NAME } from "../charging/split-by-meter.ts";
import { showDimensions, tagsOfDimensions, tagsOfPayer } from "../focus/focus-row.ts";
import { LINE_OF_INVOICE } from "../focus/invoice-lines.ts";
import { nameTeam } from "../report/name-team.ts";
import type { HiddenOfTeam, Hiding } from "./hiding.ts";

const OTHERS_SQL = sqlText(OTHERS);
/** Like `ALLOCATED` joined with its owners, for adjustments. Omits the whole amounts that parts come from, since such an amount may belong to one person. */
const HIDDEN_ADJUSTMENT = "hidden_adjustment";

const payingTeam = z.tuple([z.number(), z.string(), z.string().nullable()]);

/** A team of the allocation, and what is hidden in its tables. */
type Paying = HiddenOfTeam & { no: number };

/**
 * Replaces in each team's charges what the team's tables hide (callers, models, tags, agents and values of dimensions) by `(others)`. The provider
 * stays, since a charge must have one; the line of a bill is the line of the model that is shown. Charges of a hidden day become charges of the
 * month. Amounts stay. Returns the table with the adjustments to charge instead of the allocation's. @param days days of the allocation's pieces
 */
export async function hideCharges(duck: DuckDBConnection, { days, hiding }: { days: readonly string[]; hiding: Hiding }): Promise<string> {
  const teams = z.array(payingTeam).parse((await duck.runAndReadAll(`SELECT team_no, team, cost_center FROM ${PAYING_TEAM}`)).getRowsJS());
  const paying = teams.flatMap(([no, team, costCenter]): Paying[] => {
    const hidden = hiding.teams.get(nameTeam({ team, costCenter }));
    return hidden === undefined ? [] : [{ no, ...hidden }];
  });
  await createHidden(duck, paying, days);
  await createKeys(duck, paying);
  await moveCharges(duck);
  await hideTags(duck, paying);
  for (const table of ["hidden_caller", "hidden_model", "hidden_agent", "hidden_day", "hidden_key"]) await duck.run(`DROP TABLE ${table}`);
  return HIDDEN_ADJUSTMENT;
}

/** Replaces logins in all text columns of charges. */
export async function hideNamesOfCharges(duck: DuckDBConnection, { hideNames }: Hiding): Promise<void> {
  const texts = {
    [FOCUS_KEY]: ["caller", "instance", "provider", "model", "dimensions_text", "dimension_tags", "invoice_id", "invoice_detail_id"],
    [FOCUS_PAYER]: ["team", "cost_center", "tag", "rule", "payer_tags", "split_details"],
    [FOCUS_KIND]: ["ChargeDescription", "SkuId", "SkuPriceDetails", "SkuPriceId", "x_Agent"],
  };
  for (const [table, columns] of Object.entries(texts)) {
    await createChanges(duck, "hidden_text", columns.map((column) => `SELECT ${column} FROM ${table}`).join(" UNION ALL "), hideNames);
    await duck.run(`UPDATE ${table} SET ${columns.map((column) => `${column} = ${sqlChanged(`${table}.${column}`, "hidden_text")}`).join(", ")}`);
  }
  await duck.run("DROP TABLE hidden_text");
}

async function createHidden(duck: DuckDBConnection, paying: readonly Paying[], days: readonly string[]): Promise<void> {
  await duck.run("CREATE TEMP TABLE hidden_caller (team_no INTEGER, caller VARCHAR, others_type VARCHAR)");
  await appendRows(duck, "hidden_caller", paying.flatMap(({ no, callers, othersType }) => [...callers].map((caller) => [no, caller, othersType])));
  await duck.run("CREATE TEMP TABLE hidden_model (team_no INTEGER, name VARCHAR)");
  await appendRows(duck, "hidden_model", paying.flatMap(({ no, models }) => [...models].map((name) => [no, name])));
  await duck.run("CREATE TEMP TABLE hidden_agent (team_no INTEGER, agent VARCHAR)");
  await appendRows(duck, "hidden_agent", paying.flatMap(({ no, agents }) => [...agents].map((agent) => [no, agent])));
  await duck.run("CREATE TEMP TABLE hidden_day (team_no INTEGER, day INTEGER)");
  await appendRows(duck, "hidden_day", paying.flatMap(({ no, days: hidden }) => [...hidden].map((date) => [no, days.indexOf(date)])));
}

/** Creates the keys of each team's charges with new numbers, and the table that maps old to new numbers. */
async function createKeys(duck: DuckDBConnection, paying: readonly Paying[]): Promise<void> {
  await duck.run(`CREATE TEMP TABLE team_key AS SELECT DISTINCT key_id, team_no FROM ${ALLOCATED} JOIN ${ALLOCATED_OWNER} USING (owner_id)`);
  await createDimensions(duck, paying);
  await createModels(duck);
  const columns = ["instance", "caller", "caller_type", "provider", "model", "billing", "dimensions_text", "dimension_tags", "invoice_id"];
  await duck.run(`CREATE TEMP TABLE hidden_key AS SELECT *, (dense_rank() OVER (ORDER BY ${columns.join(", ")}))::INTEGER AS new_key_id FROM (
    SELECT key_id, team_no, instance, CASE WHEN hidden.caller IS NULL THEN key.caller ELSE ${OTHERS_SQL} END AS caller, coalesce(hidden.others_type, key.caller_type) AS caller_type, provider,
      CASE WHEN few.team_no IS NULL THEN key.model ELSE ${OTHERS_SQL} END AS model, billing,
      CASE WHEN changed.team_no IS NULL THEN key.dimensions_text ELSE changed.dimensions_text END AS dimensions_text, coalesce(changed.dimension_tags, key.dimension_tags) AS dimension_tags, invoice_id,
      'invoice ' || key.provider || '/' || key.model || ' ' AS named_model, few.team_no IS NOT NULL AS hides_model
    FROM team_key JOIN ${FOCUS_KEY} AS key USING (key_id)
      LEFT JOIN hidden_caller AS hidden USING (team_no, caller)
      LEFT JOIN hidden_name AS few USING (team_no, provider, model)
      LEFT JOIN (SELECT key_id, team_no, hidden_text.* EXCLUDE (set_id) FROM team_key JOIN ${USAGE_KEY} USING (key_id) JOIN hidden_set USING (team_no, dimensions) JOIN hidden_text USING (set_id)) AS changed USING (key_id, team_no))`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${FOCUS_KEY} AS SELECT DISTINCT new_key_id AS key_id, ${columns.join(", ")}, ${LINE_OF_INVOICE} AS invoice_detail_id FROM hidden_key`);
  for (const table of ["team_key", "hidden_set", "hidden_text", "hidden_name"]) await duck.run(`DROP TABLE ${table}`);
}

const setOfTeam = z.tuple([z.number(), z.number(), dimensionsOfEntries]);

/** Texts of dimensions without the values that a team's tables hide. */
async function createDimensions(duck: DuckDBConnection, paying: readonly Paying[]): Promise<void> {
  await duck.run(`CREATE TEMP TABLE hidden_set AS SELECT (row_number() OVER ())::INTEGER AS set_id, * FROM (SELECT DISTINCT team_no, dimensions FROM team_key JOIN ${USAGE_KEY} USING (key_id))`);
  const found = z.array(setOfTeam).parse((await duck.runAndReadAll("SELECT set_id, team_no, dimensions FROM hidden_set")).getRowsJS());
  const valuesOf = new Map(paying.map(({ no, values }) => [no, values]));
  await duck.run("CREATE TEMP TABLE hidden_text (set_id INTEGER, dimensions_text VARCHAR, dimension_tags VARCHAR)");
  await appendRows(duck, "hidden_text", found.map(([id, no, dimensions]) => {
    const few = [...(valuesOf.get(no) ?? [])].filter(([name, values]) => values.has(Object.hasOwn(dimensions, name) ? (dimensions[name] ?? null) : null));
    const hidden = { dimensions: { ...dimensions, ...Object.fromEntries(few.map(([name]) => [name, OTHERS])) } };
    return [id, showDimensions(hidden), tagsOfDimensions(hidden)];
  }));
}

async function createModels(duck: DuckDBConnection): Promise<void> {
  await duck.run("CREATE TEMP TABLE hidden_name (team_no INTEGER, provider VARCHAR, model VARCHAR)");
  const found = z.array(z.tuple([z.number(), z.string()])).parse((await duck.runAndReadAll("SELECT team_no, name FROM hidden_model")).getRowsJS());
  await appendRows(duck, "hidden_name", found.map(([no, name]) => [no, ...z.tuple([z.string(), z.string()]).parse(JSON.parse(name))]));
}

/** Moves charges to the new keys: each charge of usage becomes a separate part. */
async function moveCharges(duck: DuckDBConnection): Promise<void> {
  const keys = "JOIN (SELECT key_id AS old_key_id, team_no, new_key_id, named_model, hides_model FROM hidden_key)";
  await duck.run(`CREATE TEMP TABLE other_name AS SELECT ((SELECT max(name_id) FROM ${PART_NAME}) + row_number() OVER ())::INTEGER AS name_id, ${OTHERS_SQL} AS agent, source, meter, version FROM (SELECT DISTINCT source, meter, version FROM ${PART_NAME})`);
  await duck.run(`CREATE TEMP TABLE hidden_charge AS SELECT (row_number() OVER ())::INTEGER AS part_id, owner_id, new_key_id AS key_id, CASE WHEN hidden_day.day IS NULL THEN part.day END AS day,
      CASE WHEN hidden_agent.team_no IS NULL THEN part.name_id ELSE other.name_id END AS name_id, part.unit_price, charge.cost, charge.quantity, charge.share
    FROM ${SPLIT_CHARGE} AS charge JOIN ${FOCUS_PART} AS part USING (part_id) JOIN ${ALLOCATED_OWNER} AS owner USING (owner_id) ${keys} AS moved ON moved.old_key_id = part.key_id AND moved.team_no = owner.team_no
      JOIN ${PART_NAME} AS name ON name.name_id = part.name_id
      JOIN other_name AS other ON other.source = name.source AND other.meter = name.meter AND other.version IS NOT DISTINCT FROM name.version
      LEFT JOIN hidden_day ON hidden_day.team_no = owner.team_no AND hidden_day.day = part.day
      LEFT JOIN hidden_agent ON hidden_agent.team_no = owner.team_no AND hidden_agent.agent IS NOT DISTINCT FROM name.agent`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${SPLIT_CHARGE} AS SELECT part_id, owner_id, cost, quantity, share FROM hidden_charge`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${FOCUS_PART} AS SELECT part_id, day, key_id, name_id, unit_price FROM hidden_charge`);
  await duck.run(`INSERT INTO ${PART_NAME} FROM other_name`);
  await duck.run("DROP TABLE hidden_charge");
  await duck.run("DROP TABLE other_name");
  await duck.run(`CREATE TEMP TABLE ${HIDDEN_ADJUSTMENT} AS SELECT CASE WHEN hidden_day.day IS NULL THEN piece END AS piece, new_key_id AS key_id, owner_id, cost, method,
      CASE WHEN hides_model AND starts_with(rule, named_model) THEN replace(rule, named_model, ${sqlText(`invoice ${OTHERS} `)}) ELSE rule END AS rule, CASE WHEN billing <> ${sqlText(CHARGE)} AND NOT contains(base, '$') THEN base END AS base
    FROM ${ALLOCATED} AS used JOIN (SELECT owner_id, team_no, method, rule, base FROM ${ALLOCATED_OWNER} WHERE method = 'adjustment') AS owner USING (owner_id) ${keys} AS moved ON moved.old_key_id = used.key_id AND moved.team_no = owner.team_no JOIN (SELECT key_id, billing FROM ${USAGE_KEY}) AS key ON key.key_id = used.key_id
      LEFT JOIN hidden_day ON hidden_day.team_no = owner.team_no AND hidden_day.day = used.piece`);
  await duck.run(`UPDATE ${FOCUS_PAYER} SET rule = hidden.rule FROM (SELECT DISTINCT owner_id, rule FROM ${HIDDEN_ADJUSTMENT} WHERE starts_with(rule, ${sqlText(`invoice ${OTHERS} `)})) AS hidden WHERE payer_id = hidden.owner_id`);
}

const payer = z.tuple([z.number(), z.number(), z.string().nullable(), z.string().nullable(), z.string().nullable()]);

/** Tags belong to payers, and each payer belongs to one team. */
async function hideTags(duck: DuckDBConnection, paying: readonly Paying[]): Promise<void> {
  const tagsOf = new Map(paying.map(({ no, tags }) => [no, tags]));
  const payers = z.array(payer).parse((await duck.runAndReadAll(`SELECT payer_id, team_no, payer.team, payer.cost_center, payer.tag FROM ${FOCUS_PAYER} AS payer JOIN ${ALLOCATED_OWNER} ON owner_id = payer_id`)).getRowsJS());
  await duck.run("CREATE TEMP TABLE hidden_payer (payer_id INTEGER, payer_tags VARCHAR)");
  await appendRows(duck, "hidden_payer", payers.flatMap(([id, no, team, costCenter, tag]) => (tagsOf.get(no)?.has(tag ?? UNTAGGED) ? [[id, tagsOfPayer({ team, costCenter, tag: OTHERS })]] : [])));
  await duck.run(`UPDATE ${FOCUS_PAYER} SET tag = ${OTHERS_SQL}, payer_tags = hidden_payer.payer_tags FROM hidden_payer WHERE ${FOCUS_PAYER}.payer_id = hidden_payer.payer_id`);
  await duck.run("DROP TABLE hidden_payer");
}
