import { cached, digest } from "./cache.ts";
import type { ExploredMonths } from "./explore-month.ts";
import { runScript } from "./process.ts";
import type { Row } from "./rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** Questions about a month of rollups, each from its link to its page. */
export async function measureExplore({ rounds, sizes: { exploredRows }, say }: Bench): Promise<TopicResult> {
  say(`writing a month of ${String(exploredRows)} rollup rows`);
  const { path } = await cached(`explored-${digest([1, exploredRows])}`, async (folder) => await runScript("explore-lake.ts", [folder, String(exploredRows)]));
  const months: ExploredMonths[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`asking about it, round ${String(round + 1)} of ${String(rounds)}`);
    months.push(JSON.parse((await runScript("explore-month.ts", [path])).stdout) as ExploredMonths);
  }
  const what = `month of ${exploredRows.toLocaleString("en-US")} rollup rows explored`;
  const rows = Object.keys(months[0]?.next ?? {}).flatMap((query): Row[] => {
    const measured = months.flatMap(({ next }) => next[query] ?? []);
    return [
      { what: `${what}, ${query}`, unit: "s", ours: measured.map(({ seconds }) => seconds), target: { on: "ours", is: "under", value: 2 } },
      { what: `${what}, ${query}: CPU`, unit: "s", ours: measured.map(({ cpuSeconds }) => cpuSeconds) },
    ];
  });
  return {
    rows: [
      { what: `${what}, the first question`, unit: "s", ours: months.map(({ first }) => first.seconds) },
      { what: `${what}, the first question: CPU`, unit: "s", ours: months.map(({ first }) => first.cpuSeconds) },
      ...rows,
      { what: `${what}, most resident`, unit: "MiB", ours: months.map(({ residentMiB }) => residentMiB), judgedBy: "highest", target: { on: "ours", is: "under", value: 512 } },
    ],
    inputs: [],
  };
}
