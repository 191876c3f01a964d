import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { ALLOCATED, ALLOCATED_OWNER } from "../../allocation/shares/span-tables.ts";
import { SLOT_USAGE, USAGE_KEY } from "../../allocation/shares/usage-tables.ts";
import { nameTeam } from "../report/name-team.ts";
import { NO_VALUE } from "../report/summarise-allocations.ts";
import { NOBODY, type People } from "./choose-folded.ts";

/** What the rows of a table have in common. `day`: a date; `agent`: its name or null; `dimension`: name and value, null for requests without one. */
type Kind = "day" | "agent" | "dimension";

/** The people behind the rows of tables, for the whole month and for each team. */
export class Crowds {
  readonly #direct = new Map<string, Set<string>>();
  readonly #shared = new Map<string, Set<string>>();

  /** @param isDirect whether the team pays for the person's usage itself, and not a share of a pool */
  add(team: string | null, kind: Kind, of: readonly (string | null)[], person: string, isDirect = true): void {
    const [name, crowds] = [JSON.stringify([team, kind, ...of]), isDirect ? this.#direct : this.#shared];
    const people = crowds.get(name);
    if (people === undefined) crowds.set(name, new Set([person]));
    else people.add(person);
  }

  /** A team's own people; without such people, those it pays a share for. @param team as in `nameTeam`; null: the whole month */
  peopleOf(team: string | null, kind: Kind, ...of: (string | null)[]): People {
    const name = JSON.stringify([team, kind, ...of]);
    return this.#direct.get(name) ?? this.#shared.get(name) ?? NOBODY;
  }
}

/** SQL of the allocations whose teams pay for their own people rather than a share of a pool. */
const IS_DIRECT = "method NOT LIKE 'pool_%'";
const USED = `${ALLOCATED} AS used JOIN ${ALLOCATED_OWNER} USING (owner_id) JOIN ${USAGE_KEY} AS key USING (key_id)
  WHERE caller_type = 'user' AND piece IS NOT NULL AND method <> 'adjustment' AND requests > 0`;

const row = z.tuple([z.string(), z.string().nullable(), z.string(), z.boolean(), z.union([z.number(), z.string()]).nullable()]);

/**
 * Reads the people behind the days, agents and dimensions of an allocated month. A person counts for a team that pays for the person's usage. In a
 * row with such people, those count no longer for whom the team only pays a share of a pool: such shares would make a team of one look like a crowd.
 * @param days days of the allocation's pieces @param dimensions names of dimensions
 */
export async function readCrowds(duck: DuckDBConnection, days: readonly string[], dimensions: readonly string[]): Promise<Crowds> {
  const crowds = new Crowds();
  const read = async (sql: string, kind: Kind, of: (value: string | number | null) => (string | null)[], values: Record<string, string> = {}): Promise<void> => {
    const found = await duck.runAndReadAll(sql, values);
    for (const [team, costCenter, caller, isDirect, value] of z.array(row).parse(found.getRowsJS())) {
      crowds.add(null, kind, of(value), caller);
      crowds.add(nameTeam({ team, costCenter }), kind, of(value), caller, isDirect);
    }
  };
  const select = (value: string, from = USED): string => `SELECT team, cost_center, caller, bool_or(${IS_DIRECT}), ${value} AS value FROM ${from} GROUP BY ALL`;
  await read(select("piece"), "day", (piece) => [days[Number(piece)] ?? ""]);
  const byAgent = USED.replace("WHERE", `JOIN (SELECT DISTINCT piece, key_id, agent FROM ${SLOT_USAGE}) AS asked USING (piece, key_id) WHERE`);
  await read(select("agent", byAgent), "agent", (agent) => [agent === null ? null : String(agent)]);
  for (const name of dimensions) {
    await read(select("list_filter(dimensions, lambda entry: entry.key = $name)[1].value"), "dimension", (value) => [name, value === null ? null : String(value)], { name });
  }
  return crowds;
}

/** The key of a dimension's value in crowds. */
export function crowdValue({ value, given }: { value: string; given: boolean }): string | null {
  return given || value !== NO_VALUE ? value : null;
}
