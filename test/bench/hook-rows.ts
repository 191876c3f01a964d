import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startRedis } from "../services/redis.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { LEDGER } from "./known-exports.ts";
import { inRounds } from "./measure.ts";
import { BenchFailed, runProcess } from "./process.ts";
import type { Bench, TopicResult } from "./topic.ts";

const PER_SECOND = 1000;
const SECRET = "a-secret-of-the-bench-that-nobody-else-has";
/** 200,000,000 bytes. */
const LARGEST_MIB = 200_000_000 / 2 ** 20;
const NODE_FLAGS = ["--disable-proto=delete", "--max-semi-space-size=4"];

/** A worker that takes hooks, each of another request of a tenth of a cent; fails where its live estimate is not their sum. */
export async function measureHooks({ rounds, sizes: { hookSeconds }, say }: Bench): Promise<TopicResult> {
  const services = new ServiceProcesses();
  const residents: number[] = [];
  try {
    const redis = await startRedis(services);
    say(`sending ${String(PER_SECOND)} hooks a second for ${String(hookSeconds)} s, ${String(rounds)} times`);
    // Unmeasured: keeps the compiled code, as a container's image has it.
    await measureOnce(redis, PER_SECOND);
    await inRounds(rounds, {
      ours: async () => {
        const resident = await measureOnce(redis, hookSeconds * PER_SECOND);
        residents.push(resident);
        return resident;
      },
    });
  } finally {
    await services.stop();
  }
  return {
    rows: [{ what: `worker taking ${String(PER_SECOND)} hooks/s for ${String(hookSeconds)} s, most resident`, unit: "MiB", ours: residents, judgedBy: "highest", target: { on: "ours", is: "under", value: LARGEST_MIB } }],
    inputs: [],
    notes: ["hooks: a round fails where a hook is not answered by 200 or the live estimate is not the exact sum of all requests"],
  };
}

async function measureOnce(redis: string, calls: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "aperture-ledger-bench-hooks-"));
  const config = join(folder, "aperture-ledger.yaml");
  mkdirSync(join(folder, "exports"));
  writeFileSync(config, JSON.stringify({
    sources: [{ name: "prod", url: join(folder, "exports") }],
    lake: join(folder, "lake"),
    redis,
    http: { port: 0 },
    hooks: {},
    limits: [{ name: "all", amount: 1_000_000, per: "year" }],
  }));
  // Of memory pools, as the image and the service set it (docs/deployment.md).
  const env = { ...process.env, MALLOC_ARENA_MAX: "2", APERTURE_LEDGER_HOOK_SECRET: SECRET };
  const worker = spawn(process.execPath, [...NODE_FLAGS, LEDGER, "worker", "--config", config], { env, stdio: ["ignore", "ignore", "pipe"] });
  try {
    await sendCalls(await urlOf(worker.stderr), calls);
    await expectSum(config, env, calls);
    return mostResident(worker.pid ?? 0);
  } finally {
    const ended = new Promise((resolve) => worker.once("close", resolve));
    worker.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  }
}

async function urlOf(log: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async (): Promise<void> => {
    for await (const piece of log) {
      text += String(piece);
      const url = /"url":"(http:[^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new BenchFailed(`the worker did not listen:\n${text}`));
  };
  void read();
  return await promise;
}

/** Ten every hundredth of a second, on connections that stay open, as a gateway keeps its own. */
async function sendCalls(url: string, calls: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const start = performance.now();
  const answers: Promise<number>[] = [];
  while (answers.length < calls) {
    const due = Math.min(calls, Math.floor(((performance.now() - start) / 1000) * PER_SECOND));
    while (answers.length < due) answers.push(call(url, agent, answers.length));
    await delay(10);
  }
  const wrong = (await Promise.all(answers)).filter((status) => status !== 200);
  agent.destroy();
  if (wrong.length > 0) throw new BenchFailed(`${String(wrong.length)} hooks were not taken, the first with ${String(wrong[0])}`);
}

function call(url: string, agent: Agent, index: number): Promise<number> {
  const body = JSON.stringify({
    metadata: { login_name: `person${String(index % 50)}@acme.example`, model: "claude-sonnet-4-6", provider: "anthropic", request_id: `req-${String(process.pid)}-${String(index)}`, estimated_cost: { dollars: 0.001 } },
    user_message: "x".repeat(1500),
  });
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/hooks/aperture`, { method: "POST", agent, headers: { "content-type": "application/json", authorization: `Bearer ${SECRET}` } }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0));
    });
    asked.once("error", reject).end(body);
  });
}

interface Shown {
  limits: { live_estimate: { requests: number; added_usd: string } }[];
}

async function expectSum(config: string, env: NodeJS.ProcessEnv, calls: number): Promise<void> {
  await delay(500);
  const { stdout } = await runProcess(process.execPath, [LEDGER, "limits", "--json", "--config", config], env);
  const [budget] = (JSON.parse(stdout) as Shown).limits;
  const expected = `${String(Math.floor(calls / 1000))}.${String(calls % 1000).padStart(3, "0")}000000`;
  if (budget?.live_estimate.requests !== calls || budget.live_estimate.added_usd !== expected) {
    throw new BenchFailed(`the live estimate is ${JSON.stringify(budget?.live_estimate)} after ${String(calls)} requests of $${expected}`);
  }
}

/** MiB, as the kernel noted it. */
function mostResident(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
  if (found === undefined) throw new BenchFailed("the kernel does not say how much memory the worker had");
  return Number(found) / 1024;
}
