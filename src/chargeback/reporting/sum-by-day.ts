import type { DuckDBConnection } from "@duckdb/node-api";
import type { TeamParts } from "../insights/describe-teams.ts";
import type { NumberedUsages } from "../insights/numbered-usages.ts";
import { readAgents } from "../insights/read-agents.ts";
import { SharedUsages } from "../insights/shared-usages.ts";
import { RunningAgents } from "../insights/split-agents.ts";
import { type DaySums, RunningDays } from "../insights/sum-days.ts";
import type { AllocatedDays } from "./allocate-days.ts";
import { Adjusters, listTrueUps, payOfDay } from "./pay-by-day.ts";

interface SummedDays {
  byAgent: TeamParts["byAgent"];
  sumsOfDays: DaySums;
  /** Who pays for what, by number of the usage. */
  shared: SharedUsages;
}

/** Sums up a month of which one day at a time is in memory. */
export async function sumByDay(duck: DuckDBConnection, usages: NumberedUsages, { days: allocatedDays, truedUp }: AllocatedDays, days: readonly string[]): Promise<SummedDays> {
  const [sumsOfDays, agents, shared, adjusters] = [new RunningDays(days), new RunningAgents(listTrueUps(truedUp)), new SharedUsages(), new Adjusters()];
  for await (const allocated of allocatedDays) {
    const paid = payOfDay(allocated, adjusters);
    const names = await usages.namesOf(allocated.day);
    sumsOfDays.add(paid);
    agents.add(paid, await readAgents(duck, usages, { ...allocated, names }));
    for (const [id, name] of names) {
      const usage = paid.get(name);
      if (usage !== undefined) shared.add(id, usage);
    }
  }
  return { byAgent: agents.finish(), sumsOfDays, shared };
}
