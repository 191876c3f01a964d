import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { CallResult } from "./call.ts";
import type { ResidentCall, ResidentResult } from "./resident.ts";

const RESIDENT = join(import.meta.dirname, "resident.ts");

type Place = Pick<ResidentCall, "cwd" | "env" | "at">;

/** Those that have nothing to do. A call that finds none starts another one. */
const idle: Resident[] = [];

/** Runs a command in a process that may have run others before, never two at once. */
export async function callResident(args: readonly string[], place: Place): Promise<CallResult> {
  const resident = idle.pop() ?? new Resident();
  const result = await resident.call(args, place);
  if (resident.isAlive) idle.push(resident);
  return result;
}

/** It ends with this process, or when a command ends it. */
class Resident {
  readonly #child: ChildProcess;
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #closed: Promise<number | null>;

  constructor() {
    const { PATH, HOME } = process.env;
    this.#child = spawn(process.execPath, ["--disable-proto=delete", RESIDENT], { env: { PATH, HOME }, stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("a resident without stdout or stderr");
    this.#stdout = new Output(stdout);
    this.#stderr = new Output(stderr);
    // The tests' process does not wait for it, but it for that one.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  get isAlive(): boolean {
    return this.#child.connected;
  }

  async call(args: readonly string[], place: Place): Promise<CallResult> {
    const end = `<end of ${randomUUID()}>`;
    const told = new Promise<ResidentResult>((resolve) => this.#child.once("message", (result) => resolve(result as ResidentResult)));
    const over = Promise.all([told, this.#stdout.until(end), this.#stderr.until(end)]);
    const call: ResidentCall = { args, ...place, end };
    this.#child.send(call);
    const ended = await Promise.race([over, this.#closed]);
    if (!Array.isArray(ended)) return { code: ended, stdout: this.#stdout.text, stderr: this.#stderr.text };
    const [{ code, left }, stdout, stderr] = ended;
    if (left.length > 0) throw new Error(`aperture-ledger ${args.join(" ")} is over, but its process would not end: ${left.join(", ")}`);
    return { code, stdout, stderr };
  }
}

/** What a stream of the process says, one command after the other. */
class Output {
  text = "";
  #heard = (): void => undefined;

  constructor(stream: Readable) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      this.text += piece;
      this.#heard();
    });
    (stream as Socket).unref();
  }

  /** Everything before the text that ends it. */
  async until(end: string): Promise<string> {
    this.text = "";
    await new Promise<void>((resolve) => {
      this.#heard = () => this.text.endsWith(end) && resolve();
    });
    return this.text.slice(0, -end.length);
  }
}
