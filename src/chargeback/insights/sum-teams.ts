import type { DuckDBConnection } from "@duckdb/node-api";
import { z } from "zod";
import { readParquet } from "../../ledger/sql/duckdb.ts";
import { CALLER_TYPES, type CallerType } from "../../ledger/usage/usage-record.ts";
import { type AllocatedPart, type AllocatedSummary, groupAllocated } from "../report/allocation-figures.ts";
import { SUMS, summedPart, toPart } from "../report/sum-allocations.ts";
import { type DimensionKey, NO_VALUE } from "../report/summarise-allocations.ts";
import { nameTeam } from "./paid-usage.ts";

/** Each grouping by `nameTeam` of the team; it adds up to the team exactly. */
export interface TeamSums {
  byCaller: ReadonlyMap<string, AllocatedSummary<{ caller: string; callerType: CallerType }>>;
  byTag: ReadonlyMap<string, AllocatedSummary<{ tag: string }>>;
  byModel: ReadonlyMap<string, AllocatedSummary<{ provider: string; model: string }>>;
  byDimension: readonly { name: string; byTeam: ReadonlyMap<string, AllocatedSummary<DimensionKey>> }[];
}

const teamPart = summedPart.extend({ team: z.string(), cost_center: z.string().nullable() });
const callerPart = teamPart.extend({ caller: z.string(), caller_type: z.enum(CALLER_TYPES) });
const tagPart = teamPart.extend({ tag: z.string() });
const modelPart = teamPart.extend({ provider: z.string(), model: z.string() });
const valuePart = teamPart.extend({ value: z.string().nullable() });

/**
 * Sums a local `allocations` file of a month by team and what is of interest in a team: one query each for all teams.
 * @param dimensions names to sum by.
 */
export async function sumTeams(duck: DuckDBConnection, file: string, dimensions: readonly string[]): Promise<TeamSums> {
  const from = readParquet(file);
  const sum = async <Row extends z.ZodType<z.infer<typeof teamPart>>, Key>(row: Row, columns: string, keyOf: (row: z.infer<Row>) => Key, values: Record<string, string> = {}): Promise<Map<string, AllocatedSummary<Key>>> => {
    const result = await duck.runAndReadAll(`SELECT team, cost_center, ${columns}, billing, method, ${SUMS} FROM ${from} GROUP BY ALL`, values);
    const parts = z.array(row).parse(result.getRowObjectsJS()).map((one) => ({ ...toPart(one), team: nameTeam({ team: one.team, costCenter: one.cost_center }), key: keyOf(one) }));
    return groupByTeam(parts);
  };
  const byDimension: TeamSums["byDimension"][number][] = [];
  for (const name of dimensions) {
    const keyOf = ({ value }: z.infer<typeof valuePart>): DimensionKey => ({ value: value ?? NO_VALUE, given: value !== null });
    byDimension.push({ name, byTeam: await sum(valuePart, "map_extract_value(dimensions, $name) AS value", keyOf, { name }) });
  }
  return {
    byCaller: await sum(callerPart, "caller, caller_type", ({ caller, caller_type }) => ({ caller, callerType: caller_type })),
    byTag: await sum(tagPart, "tag", ({ tag }) => ({ tag })),
    byModel: await sum(modelPart, "provider, model", ({ provider, model }) => ({ provider, model })),
    byDimension,
  };
}

function groupByTeam<Key>(parts: readonly (AllocatedPart & { team: string; key: Key })[]): Map<string, AllocatedSummary<Key>> {
  return new Map([...Map.groupBy(parts, ({ team }) => team)].map(([team, ofTeam]) => [team, groupAllocated(ofTeam, ({ key }) => key)]));
}
