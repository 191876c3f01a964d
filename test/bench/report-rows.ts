import { inRounds } from "./measure.ts";
import { runScript } from "./process.ts";
import type { RenderedReport } from "./render-report.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** Five million bytes. */
const LARGEST_PAGE_MIB = 5_000_000 / 2 ** 20;

/** The month's page of a large company, from its sums to the file; nothing else makes such a page, so it has no peer. */
export async function measureReport({ rounds, sizes: { people, teams }, say }: Bench): Promise<TopicResult> {
  say(`rendering the report of ${String(people)} people in ${String(teams)} teams ${String(rounds)} times`);
  const rendered: RenderedReport[] = [];
  await inRounds(rounds, {
    report: async () => {
      const one = JSON.parse((await runScript("render-report.ts", [String(people), String(teams)])).stdout) as RenderedReport;
      rendered.push(one);
      return one.pageSeconds;
    },
  });
  const what = `page of ${people.toLocaleString("en-US")} people in ${String(teams)} teams`;
  return {
    rows: [
      { what, unit: "s", ours: rendered.map(({ pageSeconds }) => pageSeconds), target: { on: "ours", is: "under", value: 10 } },
      { what: `${what}, its size`, unit: "MiB", ours: rendered.map(({ pageMiB }) => pageMiB), judgedBy: "highest", target: { on: "ours", is: "under", value: LARGEST_PAGE_MIB } },
      { what: "all files of its report", unit: "s", ours: rendered.map(({ filesSeconds }) => filesSeconds) },
      { what: "all files of its report, most resident", unit: "MiB", ours: rendered.map(({ residentMiB }) => residentMiB), judgedBy: "highest" },
    ],
    inputs: [],
  };
}
