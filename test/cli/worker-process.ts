import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterEachTest } from "../tidy-up.ts";

const START = join(import.meta.dirname, "../../src/cli/start.js");

export interface WorkerProcess {
  child: ChildProcessByStdio<null, null, Readable>;
  /** Everything it has logged. */
  log: () => string;
  /** Resolves when its log says so; rejects when it ends without. */
  hasSaid: (text: string) => Promise<void>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

const running: WorkerProcess["child"][] = [];
afterEachTest(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** `aperture-ledger worker` as a process of its own; it is gone after the test. */
export function startWorkerProcess(args: readonly string[], env: Record<string, string>): WorkerProcess {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, [START, ...args], { env: { PATH, HOME, TMPDIR, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  running.push(child);
  let log = "";
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
    tell();
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once("close", (code, signal) => resolve(signal ?? code)));
  void ended.then(tell);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const hasSaid = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const listener = (): void => {
        if (log.includes(text)) resolve();
        else if (isOver()) reject(new Error(`it ended without having said ${text}:\n${log}`));
        else return;
        listeners.delete(listener);
      };
      listeners.add(listener);
      listener();
    });
  return { child, log: () => log, hasSaid, ended };
}
