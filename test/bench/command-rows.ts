import { LEDGER, lakeOf } from "./known-exports.ts";
import { inRounds, ratios } from "./measure.ts";
import { BenchFailed, runProcess } from "./process.ts";
import { describeInput } from "./read-rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** Starts are short: this many make up for what disturbs a few of them. */
const STARTS = 20;

interface Summary {
  exports: { seen: number; ingested: number };
  days: { built: number };
}

/** `run` that finds nothing to do, as its user waits for it. */
export async function measureIdleRun({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const exports = sizes.knownExports;
  const { input, run: args } = await lakeOf(exports, say);
  say(`running again ${rounds} times`);
  const { ours = [] } = await inRounds(rounds, {
    ours: async () => {
      const { seconds, stdout } = await runProcess(process.execPath, args);
      const { exports: found, days } = JSON.parse(stdout) as Summary;
      if (found.seen !== exports || found.ingested > 0 || days.built > 0) throw new BenchFailed(`not idle: ${stdout}`);
      return seconds;
    },
  });
  return {
    rows: [{ what: `run, nothing stale, ${exports} exports known`, unit: "s", ours, target: { on: "ours", is: "under", value: 2 } }],
    inputs: [describeInput(`${exports} exports`, input)],
  };
}

/** `--help`, beside a Node that does nothing at all. */
export async function measureStart({ say }: Bench): Promise<TopicResult> {
  say(`starting the command line ${STARTS} times`);
  const milliseconds = async (args: readonly string[]): Promise<number> => (await runProcess(process.execPath, args)).seconds * 1000;
  await milliseconds([LEDGER, "--help"]);
  const { ours = [], floor = [] } = await inRounds(STARTS, {
    ours: () => milliseconds([LEDGER, "--help"]),
    floor: () => milliseconds(["-e", "0"]),
  });
  return {
    rows: [
      {
        what: `--help (${STARTS} starts)`,
        unit: "ms",
        ours,
        peer: { name: "node -e 0", values: floor },
        ratio: { means: "its time", values: ratios(ours, floor) },
        target: { on: "ours", is: "under", value: 150 },
      },
    ],
    inputs: [],
  };
}
