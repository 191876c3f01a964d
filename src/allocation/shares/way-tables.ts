import type { DuckDBConnection } from "@duckdb/node-api";
import { ascending } from "../../ledger/orders.ts";
import { appendRows } from "../../ledger/sql/append-rows.ts";
import { ALLOCATED_OWNER, PAYING_TEAM } from "./span-tables.ts";
import { type Owner, placesOf, sumWeights, type Target, type Ways } from "./ways.ts";

/** Writes how usages of each way are divided: `way`, `way_tag`, `way_part`. */
export async function writeWays(duck: DuckDBConnection, { plans }: Ways): Promise<void> {
  await duck.run("CREATE TEMP TABLE way (way_id INTEGER, is_divided BOOLEAN, is_adjusted BOOLEAN)");
  await duck.run("CREATE TEMP TABLE way_tag (way_id INTEGER, tag_no INTEGER, place INTEGER, weight HUGEINT, all_weights HUGEINT)");
  await duck.run("CREATE TEMP TABLE way_part (way_id INTEGER, part_no INTEGER, place INTEGER, weight HUGEINT, all_weights HUGEINT)");
  await appendRows(duck, "way", plans.map((plan, way) => [way, plan.isDivided, plan.payers.some((team) => plan.adjustmentsOf(team).length > 0)]));
  await appendRows(duck, "way_tag", plans.flatMap(({ tags }, way) => placesOf(tags).map((place, tag) => [way, tag, place, 1n, BigInt(tags.length)])));
  await appendRows(duck, "way_part", plans.flatMap(({ parts }, way) => {
    const [places, allWeights] = [placesOf(parts), sumWeights(parts)];
    return parts.map(({ weight }, part) => [way, part, places[part] ?? 0, weight, allWeights]);
  }));
}

const PLACE = ["way_id", "tag_no", "part_no", "target_no"] as const;

/** Writes where the parts of each way go: `way_target`. */
export async function writeTargets(duck: DuckDBConnection, targets: readonly Target[]): Promise<void> {
  await duck.run(`CREATE TEMP TABLE way_target (${PLACE.map((name) => `${name} INTEGER`).join(", ")}, owner_id INTEGER, share HUGEINT,
    place INTEGER, weight HUGEINT, all_weights HUGEINT)`);
  let number = 0;
  await appendRows(duck, "way_target", targets.map(({ way, tag, part, owner, share, place, weight, allWeights }) => [way, tag, part, number++, owner, share, place, weight, allWeights]));
}

/** Writes the owners, and the teams and cost centres that they are for, numbered in the order of their names: `ALLOCATED_OWNER`, `PAYING_TEAM`. */
export async function writeOwners(duck: DuckDBConnection, { owners }: Ways): Promise<void> {
  const paying = [...new Map(owners.map((owner) => [namePaying(owner), owner])).values()].sort((a, b) => ascending(a.team, b.team) || ascending(a.costCenter ?? "", b.costCenter ?? ""));
  const numbers = new Map(paying.map((owner, number) => [namePaying(owner), number]));
  await duck.run(`CREATE TEMP TABLE ${PAYING_TEAM} (team_no INTEGER, team VARCHAR, cost_center VARCHAR)`);
  await appendRows(duck, PAYING_TEAM, paying.map(({ team, costCenter }, number) => [number, team, costCenter]));
  await duck.run(`CREATE TEMP TABLE ${ALLOCATED_OWNER} (owner_id INTEGER, team_no INTEGER, team VARCHAR, cost_center VARCHAR, tag VARCHAR, method VARCHAR, rule VARCHAR, base VARCHAR)`);
  await appendRows(duck, ALLOCATED_OWNER, owners.map((owner, id) => [id, numbers.get(namePaying(owner)) ?? 0, owner.team, owner.costCenter, owner.tag, owner.method, owner.rule, owner.base]));
}

function namePaying({ team, costCenter }: Owner): string {
  return JSON.stringify([team, costCenter]);
}
