import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { sqlText } from "../../ledger/sql/sql-texts.ts";
import { CHARGE } from "../../ledger/usage/usage-record.ts";
import { nameTeam } from "../report/name-team.ts";
import { isFew, type People } from "./choose-folded.ts";
import { nameModel } from "./hiding.ts";

/** The people behind the figures of a state of a month. */
export interface ComparedPeople {
  all: People;
  /** People whom a team of few pays for. */
  ofSmallTeams: People;
  /** By `nameModel`. */
  byModel: ReadonlyMap<string, People>;
}

const personRow = z
  .tuple([z.string(), z.string().nullable(), z.string(), z.string(), z.string(), z.boolean(), z.boolean(), z.boolean()])
  .transform(([team, costCenter, provider, model, caller, isUse, isDirect, isCharge]) => ({ team: nameTeam({ team, costCenter }), model: nameModel({ provider, model }), caller, isUse, isDirect, isCharge }));

/** @param table a state's figures by the key of `allocations` */
export async function readComparedPeople(duck: DuckDBConnection, table: string, smallestGroup: number): Promise<ComparedPeople> {
  const isUse = "requests > 0 AND method <> 'adjustment'";
  const found = await duck.runAndReadAll(`SELECT team, cost_center, provider, model, caller, bool_or(${isUse}), bool_or(${isUse} AND method NOT LIKE 'pool_%'), bool_or(billing = ${sqlText(CHARGE)})
    FROM ${table} WHERE caller_type = 'user' GROUP BY ALL ORDER BY ALL`);
  const rows = z.array(personRow).parse(found.getRowsJS());
  const users = namesOf(rows.filter(({ isUse: used }) => used));
  const ofTeams = [...Map.groupBy(rows, ({ team }) => team).values()].map((ofTeam) => {
    const own = ofTeam.filter(({ caller, isDirect, isCharge }) => isDirect || (isCharge && !users.has(caller)));
    return namesOf(own.length > 0 ? own : ofTeam);
  });
  return {
    all: namesOf(rows),
    ofSmallTeams: new Set(ofTeams.filter((people) => isFew(people, smallestGroup)).flatMap((people) => [...people])),
    byModel: new Map([...Map.groupBy(rows, ({ model }) => model)].map(([model, alike]) => [model, namesOf(alike)])),
  };
}

function namesOf(rows: readonly { caller: string }[]): People {
  return new Set(rows.map(({ caller }) => caller));
}
