import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { findCommand } from "./requirements.ts";

const runFile = promisify(execFile);

interface Running {
  child: ChildProcess;
  ended: Promise<void>;
  log: string;
}

/**
 * The servers of one test run and the temporary folder they keep everything in.
 * Ends the processes it started and no others, by SIGKILL: their data is thrown away with them.
 */
export class ServiceProcesses {
  readonly directory: string;
  #stopped = false;
  readonly #running = new Map<string, Running>();
  /** Lets the kernel end a server should this process die without getting to it (SIGKILL, out of memory). */
  readonly #parentDeath: readonly string[];

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "aperture-ledger-services-"));
    const setpriv = process.platform === "linux" ? findCommand("setpriv") : undefined;
    this.#parentDeath = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
  }

  /** Starts a server in the foreground; what it prints goes to `<name>.out` in the folder. */
  start(name: string, command: string, args: readonly string[]): void {
    if (this.#stopped) throw new Error(`test service ${name} is not started: the run is being ended`);
    const log = join(this.directory, `${name}.out`);
    const output = openSync(log, "a");
    const [program = command, ...rest] = [...this.#parentDeath, findCommand(command) ?? command, ...args];
    const child = spawn(program, rest, { stdio: ["ignore", output, output], cwd: this.directory });
    closeSync(output);
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
    this.#running.set(name, { child, ended, log });
  }

  /** Runs a short-lived program to its end, for at most half a minute; its stdout. */
  async run(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await runFile(findCommand(command) ?? command, args, { timeout: 120_000, cwd: this.directory });
    return stdout;
  }

  /** Waits until the server answers; fails when its process ends first or the time is over. */
  async ready(name: string, answers: () => Promise<boolean>, milliseconds = 30_000): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!(await answers().catch(() => false))) {
      const running = this.#running.get(name);
      const ended = running === undefined || running.child.exitCode !== null || running.child.signalCode !== null;
      if (ended || Date.now() > deadline) {
        const why = ended ? "ended before it was ready" : `was not ready after ${milliseconds / 1000} s`;
        throw new Error(`test service ${name} ${why}; its last words:\n${this.#lastWords(running)}`);
      }
      await delay(50);
    }
  }

  /** Ends one server without a word, as a crash would, and waits for it; it may be started again. */
  async kill(name: string): Promise<void> {
    const running = this.#running.get(name);
    running?.child.kill("SIGKILL");
    await running?.ended;
  }

  /** Ends everything and waits for it. */
  async stop(): Promise<void> {
    const running = [...this.#running.values()];
    this.#kill();
    await Promise.all(running.map(({ ended }) => ended));
    this.#removeDirectory();
  }

  /** The same without waiting, for signal and exit handlers. */
  stopNow(): void {
    this.#kill();
    this.#removeDirectory();
  }

  #kill(): void {
    this.#stopped = true;
    for (const { child } of this.#running.values()) child.kill("SIGKILL");
    this.#running.clear();
  }

  /** A server that is still dying may write once more: tried again, since a folder left in /tmp must not fail a test run. */
  #removeDirectory(): void {
    try {
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    } catch (error) {
      process.emitWarning(`cannot remove ${this.directory}: ${String(error)}`);
    }
  }

  #lastWords(running: Running | undefined): string {
    return running === undefined ? "(none)" : readFileSync(running.log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
  }
}

/** Ports on 127.0.0.1 that nobody listens on, all different: held open together, then let go. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            if (address === null || typeof address === "string") reject(new Error("no port was assigned"));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
