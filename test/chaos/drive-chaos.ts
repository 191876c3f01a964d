import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { readLedgerStatus } from "../../src/run/ledger-status.ts";
import { runOnce } from "../../src/run/run-once.ts";
import { loadLedgerState } from "../../src/lake/ledger-state.ts";
import { listDays } from "../../src/lake/days/stale.ts";
import { simulateExports, type SimulatedExport } from "../../src/simulate/write-exports.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { openStore } from "../../src/storage/open-store.ts";
import { startProxy } from "../contract/s3-proxy.ts";
import type { S3Service } from "../services/ceph.ts";
import { freshS3 } from "../services/s3.ts";
import { Chance } from "./chance.ts";
import { compareLakes, type LakeDifferences } from "./compare-lakes.ts";
import { planFaults } from "./fault-plan.ts";
import { plainLedger } from "../plain-ledger.ts";
import { setClock } from "./jumping-clock.ts";
import { RestartableCluster } from "./restartable-cluster.ts";
import { type ChaosRedis, RestartableRedis } from "./restartable-redis.ts";
import { WorkerProcesses } from "./worker-processes.ts";

export interface ChaosOptions {
  seed: number;
  /** At least so many of each before the workers are left alone. */
  kills: number;
  faults: number;
  exports: number;
  workers: number;
  /** Every so many rounds it is Redis that is killed; every other time it comes back with nothing. */
  redisEvery: number;
  /** Between two kills. */
  longestPauseMs: number;
  /** Redis is a cluster, whose node with the ledger's keys is killed. */
  cluster: boolean;
  /** The store says weak ETags. */
  weakEtags: boolean;
  /** The workers' clock jumps, by hours, to and fro. */
  clockJumps: boolean;
}

export interface ChaosResult extends LakeDifferences {
  kills: number;
  faults: number;
  redisRestarts: number;
  /** Distinct requests in the exports. */
  records: number;
}

interface Places {
  s3: S3Service;
  /** Existing folder for the configuration, Redis and the workers' log. */
  directory: string;
  say: (what: string) => void;
}

const JUMPING_CLOCK = join(import.meta.dirname, "jumping-clock.ts");
/** Across midnight now and then, and far beyond what a store takes for a true time. */
const LONGEST_JUMP_MS = 12 * 3_600_000;
/** Far more than it takes on a machine with nothing else to do. */
const SETTLING_MS = 420_000;

/** Feeds exports to workers that are killed, over a store that fails, and holds their lake against an undisturbed one. */
export async function driveChaos(options: ChaosOptions, { s3, directory, say }: Places): Promise<ChaosResult> {
  const chance = new Chance(options.seed);
  const place = await freshS3(s3);
  Object.assign(process.env, place.env);
  const storeAt = (name: string): Promise<ObjectStore> => openStore({ ...place.location, url: `${place.location.url}/${name}` });
  const [source, clean, lake] = [await storeAt("exports"), await storeAt("clean"), await storeAt("lake")];
  const { exports, records } = await makeExports(options);

  const plan = planFaults(chance);
  const proxy = await startProxy(s3.endpoint, plan.decide, { weakEtags: options.weakEtags });
  const redis: ChaosRedis = options.cluster ? await RestartableCluster.start(lake.url) : await RestartableRedis.start(directory);
  const config = join(directory, "aperture-ledger.yaml");
  writeFileSync(config, stringify(configuration(place.location, proxy.endpoint, redis.redis)));
  const clock = join(directory, "clock");
  setClock(clock, 0);
  const clockEnv = options.clockJumps ? { CHAOS_CLOCK: clock, NODE_OPTIONS: `--import ${pathToFileURL(JUMPING_CLOCK).href}` } : {};
  const workers = new WorkerProcesses(config, { ...process.env, ...place.env, ...clockEnv }, join(directory, "workers.log"));
  let kills = 0;
  let redisRestarts = 0;
  try {
    workers.start(options.workers);
    for (let round = 1; kills < options.kills; round++) {
      const share = Math.ceil(exports.length / (options.kills - kills));
      for (const { name, bytes } of exports.splice(0, share)) await source.create(name, bytes);
      if (options.clockJumps) setClock(clock, chance.below(2 * LONGEST_JUMP_MS) - LONGEST_JUMP_MS);
      await delay(chance.below(options.longestPauseMs));
      if (round % options.redisEvery === 0) {
        redisRestarts++;
        await redis.restart(redisRestarts % 2 === 0);
      } else {
        kills++;
        await workers.killOne(chance);
      }
      if (round % 10 === 0) say(`kills ${kills}, Redis ${redisRestarts}, faults ${plan.count()}, exports to come ${exports.length}`);
    }
    say("no more kills");
    while (plan.count() < options.faults) await delay(100);
    plan.turnOff();
    setClock(clock, 0);
    say("no more faults; waiting until nothing is left to do");
    await settle(plainLedger(source, lake));
    await workers.stop("SIGTERM");
  } finally {
    await workers.stop("SIGKILL");
    await redis.stop();
    await proxy.close();
  }
  say("one undisturbed run over the same exports");
  const { totals } = await runOnce(plainLedger(source, clean));
  if (totals.requests !== records) throw new Error(`the undisturbed run has ${totals.requests} of ${records} requests`);
  return { kills, faults: plan.count(), redisRestarts, records, ...(await compareLakes(clean, lake)) };
}

async function makeExports({ seed, exports: count }: ChaosOptions): Promise<{ exports: SimulatedExport[]; records: number }> {
  const days = 6;
  const simulation = simulateExports({ seed: `chaos-${seed}`, days, records: count * 12, everySeconds: Math.floor((days * 86_400) / count) });
  const exports: SimulatedExport[] = [];
  for await (const one of simulation.exports) exports.push(one);
  return { exports, records: simulation.truth().distinct.requests };
}

/** Everything happens in seconds that takes minutes and nights otherwise. */
function configuration(location: { url: string; region: string }, endpoint: string, redis: unknown): Record<string, unknown> {
  const at = (name: string): Record<string, string> => ({ url: `${location.url}/${name}`, endpoint, region: location.region });
  return {
    sources: [{ name: "prod", ...at("exports") }],
    lake: at("lake"),
    redis,
    schedule: { pull: "*/2 * * * * *", pull_all: "*/11 * * * * *", nightly: "*/7 * * * * *" },
    worker: { lock_seconds: 3, backoff_seconds: 0.2 },
  };
}

/** Waits until the ledger is fresh: nothing at the source that is not in it, nothing stale, no day that tells of its exports as they were. */
async function settle(ledger: ReturnType<typeof plainLedger>): Promise<void> {
  const deadline = Date.now() + SETTLING_MS;
  for (;;) {
    const { exports, days, months } = await readLedgerStatus(ledger);
    const told = listDays(await loadLedgerState(ledger.stores.lake)).every(({ built, inputs }) => JSON.stringify(built?.inputs) === JSON.stringify(inputs));
    if (told && exports.waiting + exports.stale + days.stale.length + months.stale.length === 0) return;
    if (Date.now() > deadline) throw new Error(`not settled: ${JSON.stringify({ exports, stale: [...days.stale, ...months.stale] })}`);
    await delay(1000);
  }
}
