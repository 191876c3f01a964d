import { join } from "node:path";
import { type ExportFolder, exportsOf, type Shape } from "./inputs.ts";
import { inRounds, type Measurement, ratios } from "./measure.ts";
import { PEERS, type PeerName } from "./peers.ts";
import { BenchFailed, type FinishedProcess, runProcess, runScript } from "./process.ts";
import type { Row, Target } from "./rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** `slower`: the bound is on how many times the peer's time ours is, not on how many times its speed. */
interface Comparison {
  target?: Target;
  slower?: boolean;
}

/** Reading one export from its first byte to its last, nothing written, each program in a process of its own. */
export async function measureReading(bench: Bench): Promise<TopicResult> {
  const { bodies, small } = bench.sizes;
  const bodiesResult = await compare("B", { records: bodies, bodies: true }, bench, {
    "go": { target: { on: "ratio", is: "at least", value: 1.2 } },
    "zstd -t": { target: { on: "ratio", is: "at most", value: 2, goal: 1.5 }, slower: true },
    "read.py": {},
  });
  const smallResult = await compare("S", { records: small, bodies: false }, bench, {
    "go": { target: { on: "ratio", is: "at least", value: 1 } },
    "zstd -t": { slower: true },
    "read.py": { target: { on: "ratio", is: "at least", value: 4 } },
  });
  return { rows: [...bodiesResult.rows, ...smallResult.rows], inputs: [...bodiesResult.inputs, ...smallResult.inputs] };
}

async function compare(name: string, shape: Shape, { rounds, peers, say }: Bench, comparisons: Record<PeerName, Comparison>): Promise<TopicResult> {
  say(`${name}: writing the export, if it is not there yet`);
  const input = await exportsOf(shape);
  const file = join(input.folder, input.names[0] ?? "");
  // Unmeasured: brings the file and the compiled code into memory.
  const { stdout: sums } = await runScript("read-export.ts", [file]);
  const measurements: Partial<Record<PeerName | "ours", Measurement>> = {
    ours: async () => checked("ours", await runScript("read-export.ts", [file])),
  };
  for (const [peer, [command, ...args]] of Object.entries(peers.commands) as [PeerName, [string, ...string[]]][]) {
    measurements[peer] = async () => checked(peer, await runProcess(command, [...args, file]));
  }
  say(`${name}: reading it ${rounds} times with each of ${Object.keys(measurements).join(", ")}`);
  const times = await inRounds(rounds, measurements);
  const ours = times.ours ?? [];
  return { rows: PEERS.map(toRow), inputs: [describeInput(name, input)] };

  /** A reader that is wrong is not fast. */
  function checked(reader: PeerName | "ours", { seconds, stdout }: FinishedProcess): number {
    if (reader !== "zstd -t" && stdout !== sums) {
      throw new BenchFailed(`${file}: records, input tokens and nanodollars are ${sums} by our reader and ${stdout} by ${reader}`);
    }
    return seconds;
  }

  function toRow(peer: PeerName): Row {
    const theirs = times[peer];
    const { target, slower } = comparisons[peer];
    const values = theirs === undefined ? [] : slower ? ratios(ours, theirs) : ratios(theirs, ours);
    return {
      what: `${name} read`,
      unit: "s",
      ours,
      peer: { name: peer, values: theirs },
      ratio: { means: slower ? "its time" : "its speed", values },
      ...(target === undefined ? {} : { target }),
    };
  }
}

export function describeInput(what: string, { records, bytes, cborBytes }: ExportFolder): TopicResult["inputs"][number] {
  return { what, records, bytes, cborBytes };
}
