import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { findCommand } from "../services/requirements.ts";
import { freePorts } from "../services/service-processes.ts";

/** What the workers' queue is in, and what happens to it. */
export interface ChaosRedis {
  /** `redis:` of the workers' configuration. */
  readonly redis: unknown;
  /** @param kept whether it still knows afterwards what it knew. */
  restart(kept: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** A Redis that is killed and started again at the same port, with what it kept or with nothing. */
export class RestartableRedis implements ChaosRedis {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string) {
    this.#port = port;
    this.#directory = directory;
    this.url = `redis://127.0.0.1:${port}`;
  }

  get redis(): string {
    return this.url;
  }

  static async start(directory: string): Promise<RestartableRedis> {
    const [port = 0] = await freePorts(1);
    const redis = new RestartableRedis(port, join(directory, "redis"));
    await redis.#start();
    return redis;
  }

  async restart(kept: boolean): Promise<void> {
    await this.stop();
    if (!kept) rmSync(this.#directory, { recursive: true, force: true });
    await this.#start();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  async #start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const listening = ["--port", String(this.#port), "--bind", "127.0.0.1", "--dir", this.#directory];
    const keeping = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
    this.#child = spawn(findCommand("redis-server") ?? "redis-server", [...listening, ...keeping], { stdio: "ignore" });
    for (let attempt = 0; attempt < 200; attempt++) {
      if (await this.#answers()) return;
      await delay(50);
    }
    throw new Error(`Redis does not answer at ${this.url}`);
  }

  async #answers(): Promise<boolean> {
    const redis = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on("error", () => undefined);
    try {
      await redis.connect();
      return (await redis.ping()) === "PONG";
    } catch {
      return false;
    } finally {
      redis.disconnect();
    }
  }
}
