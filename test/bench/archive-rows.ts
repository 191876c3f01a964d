import { join } from "node:path";
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import type { ArchiveWork } from "./archive-work.ts";
import { exportsOf } from "./inputs.ts";
import { lakeOf } from "./known-exports.ts";
import { inRounds, ratios } from "./measure.ts";
import { BenchFailed, runScript } from "./process.ts";
import { describeInput } from "./read-rows.ts";
import type { RewrittenExport } from "./rewrite-export.ts";
import type { Row } from "./rows.ts";
import type { Bench, TopicResult } from "./topic.ts";

/** Sealing and verifying many exports with their receipts, and writing conversations again without bodies or without secrets. */
export async function measureArchive(bench: Bench): Promise<TopicResult> {
  const [chain, rewriting] = [await measureChain(bench), await measureRewriting(bench)];
  return { rows: [...chain.rows, ...rewriting.rows], inputs: [...chain.inputs, ...rewriting.inputs] };
}

async function measureChain({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  const exports = sizes.sealedExports;
  const { input, lake } = await lakeOf(exports, say);
  const env = { BENCH_SIGNING_KEY: generateKeys().privateKey };
  const resident: Record<"seal" | "verify", number[]> = { seal: [], verify: [] };
  const work = async (what: "seal" | "verify"): Promise<number> => {
    const done = JSON.parse((await runScript("archive-work.ts", [what, lake], { env })).stdout) as ArchiveWork;
    if (done.exports !== exports) throw new BenchFailed(`${what}: ${done.exports} of ${exports} exports`);
    resident[what].push(done.residentMiB);
    return done.seconds;
  };
  say(`sealing and verifying them ${rounds} times`);
  const [seal, verify]: [number[], number[]] = [[], []];
  // In this order: what was sealed is verified.
  for (let round = 0; round < rounds; round++) {
    seal.push(await work("seal"));
    verify.push(await work("verify"));
  }
  const objects = 2 * exports;
  return {
    rows: [
      { what: `seal of ${exports} exports`, unit: "s", ours: seal },
      { what: `seal of ${exports} exports, most resident`, unit: "MiB", ours: resident.seal, judgedBy: "highest" },
      { what: `verify of ${objects} objects`, unit: "s", ours: verify },
      { what: `verify of ${objects} objects, most resident`, unit: "MiB", ours: resident.verify, judgedBy: "highest", target: { on: "ours", is: "under", value: 300 } },
    ],
    inputs: [describeInput(`${exports} exports`, input)],
  };
}

async function measureRewriting({ rounds, sizes, say }: Bench): Promise<TopicResult> {
  say("B: writing the export, if it is not there yet");
  const input = await exportsOf({ records: sizes.bodies, bodies: true });
  const file = join(input.folder, input.names[0] ?? "");
  const megabytes = input.cborBytes / 1e6;
  const resident: number[] = [];
  const rewrite = async (treatment: "drop" | "redact"): Promise<number> => {
    const { seconds, residentMiB, records } = JSON.parse((await runScript("rewrite-export.ts", [file, treatment])).stdout) as RewrittenExport;
    if (records !== input.records) throw new BenchFailed(`${treatment}: ${records} of ${input.records} records`);
    resident.push(residentMiB);
    return megabytes / seconds;
  };
  say(`B: writing it again ${rounds} times each way, and reading it`);
  const measured = await inRounds(rounds, {
    read: async () => megabytes / (await runScript("read-export.ts", [file])).seconds,
    drop: () => rewrite("drop"),
    redact: () => rewrite("redact"),
  });
  const { read = [], drop = [], redact = [] } = measured;
  const row = (what: string, ours: readonly number[]): Row => ({ what, unit: "MB/s", ours, peer: { name: "B read", values: read }, ratio: { means: "its speed", values: ratios(ours, read) } });
  return {
    rows: [
      row("B rewritten, bodies dropped", drop),
      row("B rewritten, bodies redacted", redact),
      { what: "B rewritten, most resident", unit: "MiB", ours: resident, judgedBy: "highest" },
    ],
    inputs: [describeInput("B", input)],
  };
}
