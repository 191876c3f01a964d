import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { measureAllocation } from "./allocation-rows.ts";
import { measureArchive } from "./archive-rows.ts";
import { CACHE } from "./cache.ts";
import { measureIdleRun, measureStart } from "./command-rows.ts";
import { measureDay } from "./day-rows.ts";
import { measureExplore } from "./explore-rows.ts";
import { measureHooks } from "./hook-rows.ts";
import { measureIngest, measureMemory } from "./ingest-rows.ts";
import { buildLedger } from "./known-exports.ts";
import { measureMonth } from "./month-rows.ts";
import { findPeers } from "./peers.ts";
import { BenchFailed } from "./process.ts";
import { measureReading } from "./read-rows.ts";
import { type BenchInput, type BenchReport, renderReport } from "./report.ts";
import { measureReport } from "./report-rows.ts";
import { judge } from "./rows.ts";
import { measureSearch } from "./search-rows.ts";
import { type Bench, SIZES, SMALL_SIZES, type TopicResult } from "./topic.ts";

/** In the order in which they are measured. */
const TOPICS: Readonly<Record<string, (bench: Bench) => Promise<TopicResult>>> = {
  read: measureReading,
  ingest: measureIngest,
  memory: measureMemory,
  day: measureDay,
  allocation: measureAllocation,
  month: measureMonth,
  report: measureReport,
  explore: measureExplore,
  archive: measureArchive,
  search: measureSearch,
  idle: measureIdleRun,
  start: measureStart,
  hooks: measureHooks,
};

const HELP = `npm run bench -- [options]: measures what docs/performance.md promises, beside the peers that are installed

  --only <topics>  of ${Object.keys(TOPICS).join(",")}
  --rounds <n>     of each measurement, 5 by default
  --small          scaled down inputs: shows in a minute that the bench works, and judges nothing
  --json           one JSON object on stdout; progress is on stderr anyway
`;

const WRONG_CALL = 2;

function fail(message: string, code: number): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(code);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      only: { type: "string", default: Object.keys(TOPICS).join(",") },
      small: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${values.rounds} is no number of rounds`, WRONG_CALL);
  const wanted = values.only.split(",");
  const unknown = wanted.find((topic) => TOPICS[topic] === undefined);
  if (unknown !== undefined) fail(`--only ${unknown} is none of ${Object.keys(TOPICS).join(", ")}`, WRONG_CALL);

  const report = await measure(wanted, rounds, values.small);
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : renderReport(report)}\n`);
}

async function measure(wanted: readonly string[], rounds: number, scaledDown: boolean): Promise<BenchReport> {
  await buildLedger();
  const peers = wanted.includes("read") ? await findPeers() : { commands: {}, missing: [] };
  const results: TopicResult[] = [];
  for (const [topic, measureTopic] of Object.entries(TOPICS)) {
    if (!wanted.includes(topic)) continue;
    const say = (progress: string): void => void process.stderr.write(`${topic}: ${progress}\n`);
    results.push(await measureTopic({ rounds, sizes: scaledDown ? SMALL_SIZES : SIZES, peers, say }));
  }
  return {
    machine: { node: process.versions.node, processor: cpus()[0]?.model ?? "unknown processor", cores: cpus().length, memoryBytes: totalmem() },
    rounds,
    scaledDown,
    inputs: distinct(results.flatMap(({ inputs }) => inputs)),
    missingPeers: peers.missing,
    notes: [...results.flatMap(({ notes }) => notes ?? []), `inputs are kept in ${CACHE}, which may be deleted`],
    rows: results.flatMap(({ rows }) => rows).map((row) => judge(row, scaledDown)),
  };
}

function distinct(inputs: readonly BenchInput[]): BenchInput[] {
  return [...new Map(inputs.map((input) => [`${input.what} ${input.records}`, input])).values()];
}

try {
  await main();
} catch (error) {
  if (error instanceof BenchFailed) fail(error.message, 1);
  throw error;
}
