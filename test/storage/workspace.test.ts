import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test-ledger.ts";

const WORKSPACE = new URL("../../src/storage/workspace.ts", import.meta.url).href;

/** What a process leaves in the folder for temporary files. */
async function leftBy(program: string): Promise<string[]> {
  const temporary = temporaryFolder();
  const script = `import { withWorkspace } from ${JSON.stringify(WORKSPACE)}; ${program}`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { env: { TMPDIR: temporary }, timeout: 120_000, killSignal: "SIGKILL" });
  return readdirSync(temporary);
}

test("a process that ends while a thread writes leaves nothing behind", async () => {
  const writing = `
    import { mkdirSync, writeFileSync } from "node:fs";
    import { parentPort, workerData } from "node:worker_threads";
    for (let count = 0; ; count++) {
      if (count === 200) parentPort.postMessage("busy");
      try { mkdirSync(workerData + "/" + count); writeFileSync(workerData + "/" + count + "/rows", "rows"); } catch {}
    }`;
  const left = await leftBy(`
    import { Worker } from "node:worker_threads";
    await withWorkspace((directory) => new Promise(() => {
      const writer = new Worker(${JSON.stringify(writing)}, { eval: true, workerData: directory });
      writer.on("message", () => process.exit(0));
    }));`);
  expect(left).toEqual([]);
});

test("a process that ends while its workspace is being removed leaves nothing behind", async () => {
  const left = await leftBy(`
    import { writeFileSync } from "node:fs";
    await withWorkspace(async (directory) => {
      for (let count = 0; count < 2000; count++) writeFileSync(directory + "/" + count, "");
      setTimeout(() => process.exit(0), 5);
    });`);
  expect(left).toEqual([]);
});
