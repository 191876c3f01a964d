import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cached, digest } from "./cache.ts";
import { inRounds, type Measurement } from "./measure.ts";
import type { MonthMeasured } from "./month-ledger.ts";
import { runScript } from "./process.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** What the report of a month says besides who owes what. */
export async function measureInsights(bench: Bench): Promise<TopicResult> {
  return await measureMonth("insights", "month-insights.ts", bench);
}

/** A month's FOCUS files. */
export async function measureFocus(bench: Bench): Promise<TopicResult> {
  return await measureMonth("focus", "month-focus.ts", bench);
}

/** A usual month, and one of a fiftieth of the requests in which hardly two are of one key. */
async function measureMonth(what: string, script: string, { rounds, sizes, say }: Bench): Promise<TopicResult> {
  const result: TopicResult = { rows: [], inputs: [] };
  for (const [kind, requests] of [["usual", sizes.rollupRows], ["dense", Math.ceil(sizes.rollupRows / 50)]] as const) {
    const lake = await monthLake(requests, kind === "dense", say);
    const resident: number[] = [];
    const measure: Measurement = async () => {
      const { seconds, residentMiB } = JSON.parse((await runScript(script, [lake])).stdout) as MonthMeasured;
      resident.push(residentMiB);
      return seconds;
    };
    say(`${what} of ${requests} requests ${rounds} times`);
    const { seconds = [] } = await inRounds(rounds, { seconds: measure });
    const name = `${what} of a ${kind} month of ${requests.toLocaleString("en-US")} requests`;
    result.rows.push(
      { what: name, unit: "s", ours: seconds, ...(kind === "usual" && { target: { on: "ours", is: "under", value: 120 } }) },
      { what: `${name}, most resident`, unit: "MiB", ours: resident, judgedBy: "highest", target: { on: "ours", is: "under", value: 1536 } },
    );
    const bytes = readdirSync(lake, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name: file }) => sum + statSync(join(parentPath, file)).size, 0);
    result.inputs.push({ what: `${kind} month`, records: requests, bytes, cborBytes: null });
  }
  return result;
}

async function monthLake(requests: number, isDense: boolean, say: Bench["say"]): Promise<string> {
  say(`writing a month of ${requests} requests, if it is not there yet`);
  const sources = ["month-lake.ts", "month-ledger.ts", "../../src/ledger/usage/usage-columns.ts"];
  const generator = sources.map((source) => readFileSync(join(import.meta.dirname, source), "utf8"));
  const { path } = await cached(`month-${digest([requests, isDense, generator])}`, async (folder) => {
    await runScript("month-lake.ts", [folder, String(requests), ...(isDense ? ["dense"] : [])]);
    return { requests };
  });
  return path;
}
