import { join } from "node:path";
import type { Ingestion } from "./ingest-export.ts";
import { exportsOf, type Shape } from "./inputs.ts";
import { compareLandingWriters } from "./landing.ts";
import { inRounds, ratios } from "./measure.ts";
import { BenchFailed, runScript, works } from "./process.ts";
import { describeInput } from "./read-rows.ts";
import type { Row } from "./rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

const ONE_CORE = ["taskset", "-c", "0"];
/** Those that `npm run ledger` starts Node with. */
const LEDGER_FLAGS = ["--max-semi-space-size=4"];

/** One export from its source to its manifest, and the writing of landing files by itself. */
export async function measureIngest({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  say("S: writing the export, if it is not there yet");
  const small = await exportsOf({ records: sizes.small, bodies: false });
  const isPinned = await works("taskset", ["-c", "0", "true"]);
  say(`S: ingesting it ${rounds} times`);
  const { speed = [] } = await inRounds(rounds, {
    speed: async () => {
      const { seconds, records } = await ingest(join(small.folder, small.names[0] ?? ""), isPinned ? ONE_CORE : []);
      if (records !== small.records) throw new BenchFailed(`${records} of ${small.records} records were ingested`);
      return records / seconds;
    },
  });
  say(`landing files: ${sizes.landingRows} rows ${rounds} times`);
  const { ours, theirs, note } = await compareLandingWriters(sizes.landingRows, rounds);
  return {
    rows: [
      {
        what: `S ingest, ${isPinned ? "one core" : "NOT PINNED to one core: no taskset"}`,
        unit: "records/s",
        ours: speed,
        target: { on: "ours", is: "at least", value: 60_000, goal: 100_000 },
      },
      {
        what: "landing write",
        unit: "s",
        ours,
        peer: { name: "parquetjs-lite", values: theirs },
        ratio: { means: "its speed", values: ratios(theirs, ours) },
        target: { on: "ratio", is: "at least", value: 5 },
      },
    ],
    inputs: [describeInput("S", small)],
    notes: [note],
  };
}

/** Ingests in a process of its own. */
async function ingest(file: string, before: readonly string[] = []): Promise<Ingestion> {
  return JSON.parse((await runScript("ingest-export.ts", [file], { before, flags: LEDGER_FLAGS })).stdout) as Ingestion;
}

/** Most memory resident of a process that ingests one export. */
export async function measureMemory({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const shapes: Record<string, Shape> = {
    "B": { records: sizes.bodies, bodies: true },
    "B, 4 x": { records: sizes.manyBodies, bodies: true },
    "S": { records: sizes.small, bodies: false },
  };
  const rows: Row[] = [];
  const inputs: TopicResult["inputs"] = [];
  const files: Record<string, string> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    say(`${name}: writing the export, if it is not there yet`);
    const input = await exportsOf(shape);
    files[name] = join(input.folder, input.names[0] ?? "");
    inputs.push(describeInput(name, input));
  }
  say(`ingesting each ${rounds} times`);
  const resident = await inRounds(
    rounds,
    Object.fromEntries(Object.entries(files).map(([name, file]) => [name, async () => (await ingest(file)).residentMiB])),
  );
  for (const name of Object.keys(files)) {
    const target = { on: "ours", is: "under", value: 200 } as const;
    rows.push({ what: `${name} ingest, most resident`, unit: "MiB", ours: resident[name] ?? [], judgedBy: "highest", target });
  }
  const [one = [], four = []] = [resident["B"], resident["B, 4 x"]];
  rows.push({
    what: "B, 4 x ingest, most resident",
    unit: "MiB",
    ours: four,
    peer: { name: "B", values: one },
    ratio: { means: "as much", values: ratios(four, one) },
    target: { on: "ratio", is: "at most", value: 1.1 },
  });
  return { rows, inputs };
}
