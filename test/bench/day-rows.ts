import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DayBuild } from "./build-day.ts";
import { cached, digest } from "./cache.ts";
import { inRounds, ratios } from "./measure.ts";
import { BenchFailed, runScript } from "./process.ts";
import type { BenchInput } from "./report.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** One day from its landing files to its published tables: fetch, dedupe, sort, write, roll up. */
export async function measureDay({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const few = await landedDay(sizes.dayRows, say);
  const many = await landedDay(sizes.manyDayRows, say);
  const resident: number[] = [];
  say(`building both ${rounds} times`);
  const { fewSeconds = [], manySeconds = [] } = await inRounds(rounds, {
    fewSeconds: async () => (await build(few)).seconds,
    manySeconds: async () => {
      const { seconds, residentMiB } = await build(many);
      resident.push(residentMiB);
      return seconds;
    },
  });
  const [fewRows, manyRows] = [few, many].map(({ input }) => input.records.toLocaleString("en-US"));
  return {
    rows: [
      { what: `day of ${manyRows} rows`, unit: "s", ours: manySeconds, target: { on: "ours", is: "under", value: 60 } },
      {
        what: `day of ${manyRows} rows, most resident`,
        unit: "MiB",
        ours: resident,
        judgedBy: "highest",
        target: { on: "ours", is: "under", value: 2048 },
      },
      {
        what: `day of ${manyRows} rows`,
        unit: "s",
        ours: manySeconds,
        peer: { name: `${fewRows} rows`, values: fewSeconds },
        ratio: { means: "its time", values: ratios(manySeconds, fewSeconds) },
        target: { on: "ratio", is: "at most", value: 11 },
      },
    ],
    inputs: [few.input, many.input],
  };
}

interface LandedDay {
  lake: string;
  input: BenchInput;
}

async function landedDay(requests: number, say: Bench["say"]): Promise<LandedDay> {
  say(`landing a day of ${requests} requests, if it is not there yet`);
  const sources = ["day-landing.ts", "../landing-sql.ts", "../../src/ledger/usage/usage-columns.ts"];
  const generator = sources.map((source) => readFileSync(join(import.meta.dirname, source), "utf8"));
  const { path } = await cached(`day-${digest([requests, generator])}`, async (lake) => {
    await runScript("day-landing.ts", [lake, String(requests)]);
    return { requests };
  });
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return { lake: path, input: { what: "landed day", records: requests, bytes, cborBytes: null } };
}

async function build({ lake, input }: LandedDay): Promise<DayBuild> {
  const built = JSON.parse((await runScript("build-day.ts", [lake])).stdout) as DayBuild;
  if (built.rows !== input.records) throw new BenchFailed(`a day of ${input.records} requests was built as ${built.rows}`);
  return built;
}
