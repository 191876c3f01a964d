import type { MonthAllocation } from "./allocate-month.ts";
import { inRounds, ratios } from "./measure.ts";
import { runScript } from "./process.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** A month from its rollups to its allocations; a discount on everything is looked at quarter of an hour by quarter of an hour. */
export async function measureAllocation({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const resident: number[] = [];
  const allocate = async (...discount: string[]): Promise<number> => {
    const { seconds, residentMiB } = JSON.parse((await runScript("allocate-month.ts", [String(sizes.rollupRows), ...discount])).stdout) as MonthAllocation;
    resident.push(residentMiB);
    return seconds;
  };
  say(`allocating a month of ${String(sizes.rollupRows)} rollup rows ${String(rounds)} times`);
  const { plain = [], discounted = [] } = await inRounds(rounds, { plain: () => allocate(), discounted: () => allocate("discount") });
  const rows = sizes.rollupRows.toLocaleString("en-US");
  return {
    rows: [
      { what: `month of ${rows} rollup rows, teams and a pool`, unit: "s", ours: plain },
      {
        what: `month of ${rows} rollup rows, a discount on all`,
        unit: "s",
        ours: discounted,
        peer: { name: "without", values: plain },
        ratio: { means: "its time", values: ratios(discounted, plain) },
      },
      { what: `month of ${rows} rollup rows, most resident`, unit: "MiB", ours: resident, judgedBy: "highest" },
    ],
    inputs: [],
  };
}
