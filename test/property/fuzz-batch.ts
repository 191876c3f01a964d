import { writeFileSync } from "node:fs";
import * as fc from "fast-check";
import { checkMutatedFile, mutate, mutatedFiles } from "./mutated-file.ts";

/** What `fuzz.ts` asks of this process, batch by batch. */
export interface Batch {
  seed: number;
  files: number;
  /** Of a failure that is to be repeated. */
  path?: string;
}

export interface BatchResult {
  files: number;
  /** Of the file that took longest. */
  slowestMs: number;
  failure: { path: string; message: string; hex: string } | null;
}

/** Shrinking a failure ends after that. */
const LONGEST_MS = 120_000;

/** `fuzz-batch.ts FILE`: every mutated file is written there before it is read, so that a culprit is found there. */
const [, , file = ""] = process.argv;
const files = await mutatedFiles();

async function run({ seed, files: numRuns, path }: Batch): Promise<BatchResult> {
  let slowestMs = 0;
  const property = fc.asyncProperty(files, async (mutated) => {
    const start = performance.now();
    await checkMutatedFile(mutated, file);
    slowestMs = Math.max(slowestMs, performance.now() - start);
  });
  const details = await fc.check(property, { seed, numRuns, interruptAfterTimeLimit: LONGEST_MS, ...(path === undefined ? {} : { path }) });
  const [culprit] = details.counterexample ?? [];
  if (!details.failed || culprit === undefined) return { files: details.numRuns, slowestMs, failure: null };
  const { object, content } = await mutate(culprit);
  writeFileSync(file, object);
  const { errorInstance } = details;
  const message = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  const mutated = content === undefined ? "" : `\nmutated ${content.toString("hex")}`;
  const hex = `content ${culprit.content.toString("hex")}${mutated}\nchanges ${fc.stringify(culprit.changes)}`;
  return { files: details.numRuns, slowestMs, failure: { path: details.counterexamplePath ?? "", message, hex } };
}

process.on("message", (batch: Batch) => {
  void run(batch).then((result) => process.send?.(result));
});
process.send?.("ready");
