import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { sqlDriverKinds } from "../gathering/find-drivers.ts";
import { nameTeam } from "../report/name-team.ts";

/** The people behind a team's figures for a model, a caller or a value of a dimension. */
export interface DriverCrowd {
  team: string;
  costCenter: string | null;
  /** As in `DriverSum`. */
  kind: string;
  /** Null where requests do not give the dimension. */
  name: string | null;
  /** Cost of the usage, without adjustments and charges. */
  cost: bigint;
  /** Logins, without devices. A person who only has a charge counts for the charge and as a caller. */
  people: readonly string[];
  /** The people whose usage the team pays for, other than as a share of a pool. */
  own: readonly string[];
}

/** The people behind both spans that are compared. */
export interface ComparedCrowds {
  before: readonly DriverCrowd[];
  now: readonly DriverCrowd[];
}

const crowdRow = z.tuple([z.string(), z.string().nullable(), z.string(), z.string().nullable(), z.bigint(), z.array(z.string()), z.array(z.string())]);

const IS_USER = "caller_type = 'user' AND requests > 0 AND method <> 'adjustment'";
const IS_CHARGED = `caller_type = 'user' AND billing = ${sqlText(CHARGE)}`;

/**
 * Reads the people behind the figures that may explain a change. @param from SQL of a table with `team`, `cost_center`, `caller`, `caller_type`,
 * `provider`, `model`, `billing`, `dimensions`, `method`, `requests` and `amount` in nanodollars
 */
export async function readDriverCrowds(duck: DuckDBConnection, from: string, dimensions: readonly string[]): Promise<DriverCrowd[]> {
  const crowds = sqlDriverKinds(dimensions).map(({ kind, name, isOfCharges }) => `SELECT team, cost_center, ${kind} AS kind, ${name} AS name, coalesce(sum(amount) FILTER (method <> 'adjustment'), 0)::HUGEINT AS cost,
    ${sqlPeople(isOfCharges ? `(${IS_USER}) OR (${IS_CHARGED})` : IS_USER)} AS people, ${sqlPeople(`${IS_USER} AND method NOT LIKE 'pool_%'`)} AS own FROM amounts GROUP BY ALL`);
  const found = await duck.runAndReadAll(`WITH amounts AS MATERIALIZED (${from}) ${crowds.join(" UNION ALL ")} ORDER BY team, cost_center, kind, name`);
  const rows = z.array(crowdRow).parse(found.getRowsJS()).map(([team, costCenter, kind, name, cost, people, own]) => ({ team, costCenter, kind, name, cost, people, own }));
  const users = z.array(z.tuple([z.string()])).parse((await duck.runAndReadAll(`SELECT DISTINCT caller FROM (${from}) WHERE ${IS_USER}`)).getRowsJS());
  return addCharged(rows, new Set(users.map(([caller]) => caller)));
}

/** A charge counts for a team's own people, and for people who do not use their charge, since no usage shows their team. */
function addCharged(crowds: readonly DriverCrowd[], users: ReadonlySet<string>): DriverCrowd[] {
  const direct = new Map([...Map.groupBy(crowds, nameTeam)].map(([team, rows]) => [team, new Set(rows.flatMap(({ own }) => own))]));
  return crowds.map((crowd): DriverCrowd => {
    const ofTeam = direct.get(nameTeam(crowd));
    return { ...crowd, own: crowd.people.filter((person) => crowd.own.includes(person) || !users.has(person) || (crowd.kind === "charge" && ofTeam?.has(person) === true)) };
  });
}

function sqlPeople(which: string): string {
  return `coalesce(list(DISTINCT caller ORDER BY caller) FILTER (${which}), [])`;
}
