import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import type { Nanodollars } from "../../ledger/money.ts";
import { NOBODY } from "../../ledger/names/unassigned.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { COUNT_COLUMNS, ENTRIES_TYPE, USAGE_KEYS } from "../../ledger/usage/usage-columns.ts";
import { toUsageKey, type UsageKey, usageKeyColumns } from "../../ledger/usage/usage-key.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { type Directory, openDirectory } from "../settings/directory.ts";
import type { Period } from "../settings/periods.ts";
import { compileCondition } from "../shares/conditions.ts";
import { decider } from "../shares/decide.ts";
import { ALLOCATED, ALLOCATED_OWNER } from "../shares/span-tables.ts";
import { type Piece, USAGE_KEY } from "../shares/usage-tables.ts";
import type { Ways } from "../shares/ways.ts";
import { writeOwners } from "../shares/way-tables.ts";
import { sumUse, type UsedCharge } from "./charge-use.ts";
import type { ChargedUse } from "./charged-use.ts";
import type { ChargeOfMonth } from "./charges-of-month.ts";
import { coverUsage } from "./cover-usage.ts";
import { type ChargedTeams, type ChargePart, spreadCharge } from "./spread-charge.ts";

interface Adding {
  pieces: readonly Piece[];
  periods: readonly Period[];
  ways: Ways;
}

/** The parts of a charge, each with the number of its key. */
interface AddedPart {
  key: number;
  owner: number;
  cost: Nanodollars;
}

/**
 * Adds the charges of a month: rows that subtract what a charge covers from the amount owed for its usage, and rows for the parts of the charge
 * itself, whose keys belong to no request. All of them belong to the whole month, not to a piece of it. Returns each charge with its usage.
 */
export async function addCharges(duck: DuckDBConnection, charges: readonly ChargeOfMonth[], { pieces, periods, ways }: Adding): Promise<UsedCharge[]> {
  if (charges.length === 0) return [];
  const directories = periods.map(({ settings }) => openDirectory(settings));
  const uses = await readUses(duck, { pieces, periods, ways });
  const keys = new Map<string, { number: number; part: ChargePart; charge: ChargeOfMonth }>();
  let next = await firstFreeKey(duck);
  const added: AddedPart[] = [];
  const used: { charge: ChargeOfMonth; own: readonly ChargedUse[]; covered: bigint }[] = [];
  for (const charge of charges) {
    const own = usesOf(charge, uses, { periods, directories });
    let covered = 0n;
    for (const { use, base, cost } of coverUsage(charge, own)) {
      added.push({ key: use.key, owner: ways.ownerOf({ team: use.team, costCenter: use.costCenter, tag: use.tag, method: "adjustment", rule: charge.name, base }), cost });
      use.owed += cost;
      covered -= cost;
    }
    used.push({ charge, own, covered });
    for (const part of spreadCharge(charge, own, teamsAt(charge, { periods, directories })).filter(({ cost }) => cost !== 0n)) {
      const name = JSON.stringify([part.caller, part.callerType, part.tags, charge.provider, charge.name]);
      const key = keys.get(name) ?? { number: next++, part, charge };
      keys.set(name, key);
      added.push({ key: key.number, owner: ways.ownerOf({ team: part.team, costCenter: part.costCenter, tag: part.tag, method: "adjustment", rule: charge.name, base: part.base }), cost: part.cost });
    }
  }
  await insertKeys(duck, [...keys.values()]);
  await appendRows(duck, ALLOCATED, added.map(({ key, owner, cost }) => [null, key, owner, 0n, cost, ...COUNT_COLUMNS.map(() => 0n)]));
  return used.map(({ charge, own, covered }) => sumUse(charge, own, uses, covered));
}

const useRow = z
  .object({ ...usageKeyColumns, key_id: z.number(), period: z.number(), team: z.string(), cost_center: z.string().nullable(), tag: z.string(), listed: z.bigint(), owed: z.bigint(), requests: z.bigint() })
  .transform(({ key_id, period, team, cost_center, tag, listed, owed, requests, ...key }) => ({ key: key_id, period, team, costCenter: cost_center, tag, listed, owed, requests, usage: toUsageKey(key) }));

/** What each team pays for each key in each period. */
async function readUses(duck: DuckDBConnection, { pieces, periods, ways }: Adding): Promise<ChargedUse[]> {
  await writeOwners(duck, ways);
  try {
    const found = await duck.runAndReadAll(`
      SELECT key_id, ([${pieces.map(({ period }) => period).join(", ")}])[piece + 1]::INTEGER AS period, team, cost_center, tag, coalesce(sum(cost) FILTER (method <> 'adjustment'), 0)::HUGEINT AS listed,
        coalesce(sum(cost), 0)::HUGEINT AS owed, sum(requests)::HUGEINT AS requests, ${USAGE_KEYS.map((name) => `any_value(${name}) AS ${name}`).join(", ")}
      FROM ${ALLOCATED} JOIN ${USAGE_KEY} USING (key_id) JOIN ${ALLOCATED_OWNER} USING (owner_id)
      GROUP BY key_id, period, team, cost_center, tag ORDER BY ALL`);
    return z.array(useRow).parse(found.getRowObjectsJS()).map(({ period, ...use }) => ({ ...use, from: periods[period]?.from ?? 0 }));
  } finally {
    // Charges and invoices add owners, so the table is written again afterwards.
    for (const table of ["paying_team", ALLOCATED_OWNER]) await duck.run(`DROP TABLE ${table}`);
  }
}

interface InForce {
  periods: readonly Period[];
  directories: readonly Directory[];
}

/** The usage that a charge is for: usage on its days that matches its condition. */
function usesOf({ when, from, to }: ChargeOfMonth, uses: readonly ChargedUse[], { periods, directories }: InForce): ChargedUse[] {
  const applies = compileCondition(when);
  const directoryAt = new Map(periods.map((period, index) => [period.from, directories[index]]));
  return uses.filter((use) => use.from >= from && use.from < to && applies({ ...use.usage, groups: directoryAt.get(use.from)?.groupsOf(use.usage.caller) ?? [], teams: [], team: use.team }));
}

/** The teams that pay for a person's seat at the end of the charge's time. */
function teamsAt({ provider, name, to }: ChargeOfMonth, { periods, directories }: InForce): ChargedTeams {
  const place = Math.max(0, periods.findLastIndex((period) => period.from < to));
  const [period, directory] = [periods[place], directories[place]];
  if (period === undefined || directory === undefined) throw new RangeError("no period");
  const decide = decider(period.settings, directory);
  const keyOf = (caller: string): UsageKey => ({ instance: NOBODY, caller, callerType: "user", tags: [], provider, model: name, billing: "subscription", dimensions: {} });
  return { teamsOf: (login) => decide(keyOf(login)).shares, costCenterOf: (team) => directory.teams.get(team)?.costCenter ?? null };
}

async function firstFreeKey(duck: DuckDBConnection): Promise<number> {
  return z.number().parse((await duck.runAndReadAll(`SELECT (coalesce(max(key_id), 0) + 1)::INTEGER FROM ${USAGE_KEY}`)).getRowsJS()[0]?.[0]);
}

async function insertKeys(duck: DuckDBConnection, keys: readonly { number: number; part: ChargePart; charge: ChargeOfMonth }[]): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.map(({ number, part, charge }) => {
    const values: Readonly<Record<string, string>> = {
      instance: sqlText(NOBODY),
      caller: sqlText(part.caller),
      caller_type: sqlText(part.callerType),
      tags: `[${part.tags.map(sqlText).join(", ")}]::VARCHAR[]`,
      provider: sqlText(charge.provider),
      model: sqlText(charge.name),
      billing: sqlText(CHARGE),
      dimensions: `[]::${ENTRIES_TYPE}`,
    };
    return `(${String(number)}, ${USAGE_KEYS.map((name) => values[name] ?? "NULL").join(", ")})`;
  });
  await duck.run(`INSERT INTO ${USAGE_KEY} VALUES ${rows.join(", ")}`);
}
