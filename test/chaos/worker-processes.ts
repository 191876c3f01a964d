import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "./chance.ts";

const START = join(import.meta.dirname, "../../src/cli/start.js");
const PAUSE_MS = 20;

interface WorkerProcess {
  child: ChildProcess;
  /** Whether it has said that it takes jobs. */
  isTakingJobs: boolean;
}

/** Workers as processes of their own; a place among them is filled again after its worker was killed. */
export class WorkerProcesses {
  #places: (WorkerProcess | undefined)[] = [];
  readonly #config: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: string;

  /** @param log file that all their logs are added to. */
  constructor(config: string, env: NodeJS.ProcessEnv, log: string) {
    this.#config = config;
    this.#env = env;
    this.#log = log;
  }

  start(count: number): void {
    for (let place = 0; place < count; place++) this.#fill(place);
  }

  /** Kills a worker that takes jobs, without a word, and starts another one in its place. */
  async killOne(chance: Chance): Promise<void> {
    let candidates: number[] = [];
    while (candidates.length === 0) {
      await delay(PAUSE_MS);
      candidates = this.#places.flatMap((worker, place) => (worker?.isTakingJobs === true ? [place] : []));
    }
    const place = candidates[chance.below(candidates.length)]!;
    const worker = this.#places[place]!;
    this.#places[place] = undefined;
    await end(worker.child, "SIGKILL");
    this.#fill(place);
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const workers = this.#places;
    this.#places = [];
    await Promise.all(workers.flatMap((worker) => (worker === undefined ? [] : [end(worker.child, signal)])));
  }

  #fill(place: number): void {
    const child = spawn(process.execPath, [START, "worker", "--schedule", "--config", this.#config], { env: this.#env, stdio: ["ignore", "ignore", "pipe"] });
    const worker = { child, isTakingJobs: false };
    this.#places[place] = worker;
    child.stderr.on("data", (text: Buffer) => (worker.isTakingJobs ||= text.includes("worker started")));
    child.stderr.pipe(createWriteStream(this.#log, { flags: "a" }));
    // Redis or the store may be away just when a worker starts, which then says so and ends; whoever runs it starts it again.
    child.once("exit", () => {
      if (this.#places[place] === worker) this.#fill(place);
    });
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
