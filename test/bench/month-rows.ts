import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cached, digest } from "./cache.ts";
import { inRounds, type Measurement } from "./measure.ts";
import type { MonthMeasured, Shape } from "./month-ledger.ts";
import { runScript } from "./process.ts";
import type { Target } from "./rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** What is measured: shapes and sizes of months, as parts of the rows of the bench's month, and what the report may cost beside one statement. */
const MONTHS: readonly { shape: Shape; part: number; target: Target; mostMiB: number }[] = [
  { shape: "usual", part: 1, target: { on: "ratio", is: "at most", value: 12, goal: 6 }, mostMiB: 1024 },
  { shape: "usual", part: 0.1, target: { on: "ours", is: "at most", value: 6 }, mostMiB: 1024 },
  { shape: "dense", part: 1, target: { on: "ratio", is: "at most", value: 15 }, mostMiB: 1536 },
];

/** Of Node, as the command line starts itself (`npm run ledger`). */
const FLAGS = ["--disable-proto=delete", "--max-semi-space-size=4"] as const;

/** What it takes to report a month with its teams and its FOCUS files, beside one statement that groups the same usage and writes Parquet and CSV. */
export async function measureMonth({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const result: TopicResult = { rows: [], inputs: [] };
  for (const { shape, part, target, mostMiB } of MONTHS) {
    const requests = Math.ceil(sizes.rollupRows * part);
    const lake = await monthLake(requests, shape, say);
    const resident: number[] = [];
    const measure = (script: string, kept: number[]): Measurement => async () => {
      const { cpuSeconds, residentMiB } = JSON.parse((await runScript(script, [lake, shape], { flags: FLAGS })).stdout) as MonthMeasured;
      kept.push(residentMiB);
      return cpuSeconds;
    };
    say(`the report of a ${shape} month of ${requests} requests ${rounds} times`);
    const { ours = [], statement = [] } = await inRounds(rounds, { ours: measure("month-chargeback.ts", resident), statement: measure("month-statement.ts", []) });
    const what = `report of a ${shape} month of ${requests.toLocaleString("en-US")} requests`;
    result.rows.push(
      {
        what: `${what}, CPU`, unit: "s", ours, target,
        peer: { name: "one statement", values: statement },
        ratio: { means: "ours to the statement", values: ours.map((seconds, round) => seconds / (statement[round] ?? 1)) },
      },
      { what: `${what}, most resident`, unit: "MiB", ours: resident, judgedBy: "highest", target: { on: "ours", is: "at most", value: mostMiB } },
    );
    const bytes = readdirSync(lake, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name: file }) => sum + statSync(join(parentPath, file)).size, 0);
    result.inputs.push({ what: `${shape} month`, records: requests, bytes, cborBytes: null });
  }
  return result;
}

async function monthLake(requests: number, shape: Shape, say: Bench["say"]): Promise<string> {
  say(`writing a ${shape} month of ${requests} requests, if it is not there yet`);
  const sources = ["month-lake.ts", "month-ledger.ts", "../../src/ledger/usage/usage-columns.ts", "../../src/allocation/shares/allocation-version.ts"];
  const generator = sources.map((source) => readFileSync(join(import.meta.dirname, source), "utf8"));
  const { path } = await cached(`month-${digest([requests, shape, generator])}`, async (folder) => {
    await runScript("month-lake.ts", [folder, String(requests), shape]);
    return { requests };
  });
  return path;
}
