import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts, ServiceProcesses } from "../services/service-processes.ts";
import { containerEnvironment, healthCommand, ROOT, serviceNamed } from "./compose-file.ts";
import { runProgram, until } from "./processes.ts";

const START = join(ROOT, "src/cli/start.js");

/** The commands of docker-compose.yml, run as they stand but for ports and folders. */
describe("docker-compose.yml for real", () => {
  const services = new ServiceProcesses();
  let redisPort: number;
  let httpPort: number;
  let worker: ChildProcess | undefined;

  beforeAll(async () => {
    [redisPort = 0, httpPort = 0] = await freePorts(2);
    const [program = "", ...args] = serviceNamed("redis").command;
    services.start("redis", program, [...args, "--port", String(redisPort), "--bind", "127.0.0.1", "--dir", services.directory]);
    await until("Redis is healthy", async () => (await redisHealth()) === 0);
  });
  afterAll(async () => {
    worker?.kill("SIGKILL");
    await services.stop();
  });

  async function redisHealth(port = redisPort): Promise<number> {
    const [program = "", ...args] = healthCommand("redis");
    return (await runProgram(program, ["-p", String(port), ...args])).code;
  }

  async function workerHealth(): Promise<number> {
    const [program, ...args] = healthCommand("worker");
    expect(program).toBe("node");
    return (await runProgram(process.execPath, args.map((word) => word.replace("8080", String(httpPort))))).code;
  }

  function startWorker(): ChildProcess {
    for (const name of ["exports", "lake", "scratch"]) mkdirSync(join(services.directory, name));
    const { command } = serviceNamed("worker");
    const env = {
      PATH: process.env["PATH"],
      ...containerEnvironment("worker", {}),
      APERTURE_LEDGER_REDIS: `redis://127.0.0.1:${redisPort}`,
      APERTURE_LEDGER_SOURCE: join(services.directory, "exports"),
      APERTURE_LEDGER_LAKE: join(services.directory, "lake"),
      TMPDIR: join(services.directory, "scratch"),
    };
    const args = command.map((word) => word.replace("8080", String(httpPort)));
    return spawn(process.execPath, [START, ...args], { cwd: services.directory, env, stdio: ["ignore", "ignore", "pipe"] });
  }

  test("Redis keeps jobs over a restart and throws none out", async () => {
    const redis = new Redis({ port: redisPort, host: "127.0.0.1", maxRetriesPerRequest: 1 });
    try {
      expect(await redis.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
      expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    } finally {
      redis.disconnect();
    }
  });

  test("Redis is unhealthy where none answers, and where it answers with an error", async () => {
    const [nobody = 0] = await freePorts(1);
    expect(await redisHealth(nobody)).not.toBe(0);

    // As while it loads: it is there and serves nobody.
    const [closed = 0] = await freePorts(1);
    services.start("closed", "redis-server", ["--port", String(closed), "--bind", "127.0.0.1", "--save", "", "--requirepass", "another"]);
    await services.ready("closed", async () => (await runProgram("redis-cli", ["-p", String(closed), "-a", "another", "ping"])).stdout.includes("PONG"));
    expect(await redisHealth(closed)).not.toBe(0);
  });

  test("a worker is healthy while it works, and ends by itself when it is told to", async () => {
    expect(await workerHealth()).toBe(1);
    worker = startWorker();
    let log = "";
    worker.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
    const ended = new Promise<number | null>((resolve) => worker?.once("close", resolve));
    // It answers a moment before it takes jobs, and only from then on a signal asks it to finish them.
    const works = async (): Promise<boolean> => (await workerHealth()) === 0 && log.includes("worker started");
    await until("the worker is healthy", works).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${log}`);
    });

    worker.kill("SIGTERM");
    expect(await ended, log).toBe(0);
    expect(await workerHealth()).toBe(1);
  });
});
