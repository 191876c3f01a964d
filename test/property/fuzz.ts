import { type ChildProcess, fork } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Batch, BatchResult } from "./fuzz-batch.ts";

/**
 * Reads a hundred thousand mutated export files in a process of its own, which may neither end nor stand still.
 * What is checked of each file is in `mutated-file.ts`.
 */
const HELP = `npm run fuzz -- [options]: reads mutated export files

  --files <n>    how many, 100,000 by default
  --seed <n>     where to begin; the time of day by default
  --path <text>  of a failure that is to be repeated, with its --seed
`;

const FILES_PER_BATCH = 1000;
/** A batch takes a few seconds; shrinking a failure at most two minutes. */
const DEADLINE_MS = 300_000;
/** Little, so that a reader that believes a forged length runs out of it. */
const HEAP_MB = 256;
const WRONG_CALL = 2;
const INTERRUPTED = 130;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() & 0x3fff_ffff) },
    path: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await fuzz(Number(values.files), Number(values.seed), values.path);

async function fuzz(files: number, seed: number, path: string | undefined): Promise<number> {
  if (!Number.isInteger(files) || files < 1 || !Number.isInteger(seed)) {
    process.stderr.write(HELP);
    return WRONG_CALL;
  }
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "aperture-ledger-fuzz-"));
  const file = join(folder, "export.cbor.zstd");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(INTERRUPTED));
  const child = fork(join(import.meta.dirname, "fuzz-batch.ts"), [file], { execArgv: [`--max-old-space-size=${HEAP_MB}`] });
  try {
    await nextMessage(child);
    return await runBatches(child, file, { files, seed, path });
  } finally {
    child.kill("SIGKILL");
  }
}

async function runBatches(child: ChildProcess, file: string, { files, seed, path }: { files: number; seed: number; path: string | undefined }): Promise<number> {
  console.log(`${files} mutated files, seed ${seed}`);
  const start = performance.now();
  let done = 0;
  let slowestMs = 0;
  for (let batchSeed = seed; done < files; batchSeed++) {
    const batch: Batch = { seed: batchSeed, files: Math.min(FILES_PER_BATCH, files - done), ...(path === undefined ? {} : { path }) };
    child.send(batch);
    const result = await nextMessage(child);
    if (typeof result === "string") {
      const repeat = `--seed ${batchSeed} --files ${batch.files}`;
      return report(`the reading process ${result}`, repeat, file);
    }
    if (result.failure !== null) {
      const { path: failing, message, hex } = result.failure;
      const repeat = `--seed ${batchSeed} --files ${batch.files} --path ${failing}`;
      return report(`${message}\n${hex}`, repeat, file);
    }
    if (result.files === 0) throw new Error(`a batch read no file: ${JSON.stringify(batch)}`);
    done += result.files;
    slowestMs = Math.max(slowestMs, result.slowestMs);
    if (path !== undefined) break;
    if (done % (10 * FILES_PER_BATCH) === 0) console.log(`${done} files, ${rate(done, start)} a second`);
  }
  console.log(`${done} mutated files read, ${rate(done, start)} a second, the slowest in ${slowestMs.toFixed(0)} ms: none crashed, hung or lost a record`);
  return 0;
}

function rate(files: number, start: number): number {
  return Math.round((files * 1000) / (performance.now() - start));
}

function report(what: string, repeat: string, file: string): number {
  const kept = join(tmpdir(), `aperture-ledger-fuzz-${process.pid}.cbor.zstd`);
  if (existsSync(file)) copyFileSync(file, kept);
  console.error(`FAILED: ${what}\n\nthe file: ${kept}\nrepeat:   npm run fuzz -- ${repeat}`);
  return 1;
}

/** The result of a batch, or what became of the process instead. */
async function nextMessage(child: ChildProcess): Promise<BatchResult | string> {
  return await new Promise((resolve) => {
    const settle = (result: BatchResult | string): void => {
      clearTimeout(deadline);
      child.off("message", onMessage).off("exit", onExit);
      resolve(result);
    };
    const onMessage = (message: unknown): void => settle(message as BatchResult | string);
    const onExit = (code: number | null, signal: string | null): void => settle(`ended with ${signal ?? String(code)}`);
    const deadline = setTimeout(() => settle(`has not come to an end within ${DEADLINE_MS / 1000} seconds`), DEADLINE_MS);
    child.on("message", onMessage).on("exit", onExit);
  });
}
