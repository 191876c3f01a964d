import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { answersPing } from "./redis.ts";
import { freePorts, type ServiceProcesses } from "./service-processes.ts";

const SLOTS = 16_384;
/** After so long without a word a node is taken for gone; short, so that a test sees its replica take over. */
const NODE_TIMEOUT_MS = 2000;
const LONGEST_WAIT_MS = 300_000;

interface Node {
  name: string;
  port: number;
  busPort: number;
}

/** A Redis cluster on loopback, each node a process of its own with an append-only file. */
export class TestCluster {
  readonly #services: ServiceProcesses;
  readonly #nodes: readonly Node[];

  private constructor(services: ServiceProcesses, nodes: readonly Node[]) {
    this.#services = services;
    this.#nodes = nodes;
  }

  /** @param replicas of each primary */
  static async start(services: ServiceProcesses, { primaries, replicas = 0 }: { primaries: number; replicas?: number }): Promise<TestCluster> {
    const count = primaries * (1 + replicas);
    const ports = await freePorts(count * 2);
    const nodes = Array.from({ length: count }, (_, index) => ({ name: `node-${index}`, port: ports[index * 2]!, busPort: ports[index * 2 + 1]! }));
    const cluster = new TestCluster(services, nodes);
    await Promise.all(nodes.map((node) => cluster.#startNode(node)));
    await cluster.#join(primaries);
    return cluster;
  }

  get urls(): string[] {
    return this.#nodes.map(urlOf);
  }

  /** Of the node that has the key: kills it without a word. */
  async killPrimaryOf(key: string): Promise<string> {
    const node = await this.#primaryOf(key);
    await this.#services.kill(node.name);
    return urlOf(node);
  }

  /** Starts nodes again that were killed, at their ports, with what they knew. */
  async revive(): Promise<void> {
    await Promise.all(this.#nodes.map(async (node) => ((await answersPing(node.port)) ? undefined : await this.#startNode(node))));
    await this.untilOk();
  }

  /** Every primary forgets its keys. */
  async empty(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => askNode(node, async (redis) => await redis.flushall().catch(ignoreReplica))));
  }

  /** Every key of the cluster. */
  async keys(): Promise<string[]> {
    const some = await Promise.all(this.#nodes.map((node) => askNode(node, async (redis) => (isPrimary(await redis.info("replication")) ? await redis.keys("*") : []))));
    return some.flat();
  }

  /** Waits until every node that is there takes the cluster for whole. */
  async untilOk(): Promise<void> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    for (;;) {
      const there = await Promise.all(this.#nodes.map(async (node) => ((await answersPing(node.port)) ? await askNode(node, isOk) : true)));
      if (there.every(Boolean)) return;
      if (Date.now() > deadline) throw new Error("the cluster does not become whole");
      await delay(50);
    }
  }

  async #startNode({ name, port, busPort }: Node): Promise<void> {
    const directory = join(this.#services.directory, name);
    mkdirSync(directory, { recursive: true });
    const listening = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
    const member = ["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-node-timeout", String(NODE_TIMEOUT_MS)];
    const keeping = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"];
    this.#services.start(name, "redis-server", [...listening, ...member, ...keeping, "--repl-diskless-sync-delay", "0"]);
    await this.#services.ready(name, () => answersPing(port));
  }

  /** The slots in equal parts to the primaries, the other nodes to them as replicas. */
  async #join(primaries: number): Promise<void> {
    const heads = this.#nodes.slice(0, primaries);
    await Promise.all(
      heads.map((node, index) =>
        askNode(node, async (redis) => {
          await redis.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
          const [from, next] = [Math.floor((SLOTS * index) / primaries), Math.floor((SLOTS * (index + 1)) / primaries)];
          await redis.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(next - 1));
        }),
      ),
    );
    const [first, ...others] = this.#nodes;
    for (const { port, busPort } of others) await askNode(first!, (redis) => redis.call("CLUSTER", "MEET", "127.0.0.1", String(port), String(busPort)));
    await this.#untilAllKnown();
    for (const [index, node] of this.#nodes.slice(primaries).entries()) {
      const id = await askNode(heads[index % primaries]!, (redis) => redis.call("CLUSTER", "MYID"));
      await askNode(node, (redis) => redis.call("CLUSTER", "REPLICATE", String(id)));
    }
    await this.untilOk();
  }

  async #untilAllKnown(): Promise<void> {
    const deadline = Date.now() + LONGEST_WAIT_MS;
    for (;;) {
      const known = await Promise.all(this.#nodes.map((node) => askNode(node, async (redis) => /cluster_known_nodes:(\d+)/.exec(await clusterInfo(redis))?.[1])));
      if (known.every((count) => count === String(this.#nodes.length))) return;
      if (Date.now() > deadline) throw new Error("the nodes do not find each other");
      await delay(50);
    }
  }

  async #primaryOf(key: string): Promise<Node> {
    for (const node of this.#nodes) {
      if (!(await answersPing(node.port))) continue;
      // Only the primary of a key's slot answers; the others say who does.
      const answers = await askNode(node, (redis) => redis.exists(key).then(() => true, () => false));
      if (answers) return node;
    }
    throw new Error(`no node has ${key}`);
  }
}

function urlOf({ port }: Node): string {
  return `redis://127.0.0.1:${port}`;
}

function isPrimary(info: string): boolean {
  return info.includes("role:master");
}

async function isOk(redis: Redis): Promise<boolean> {
  return (await clusterInfo(redis)).includes("cluster_state:ok");
}

async function clusterInfo(redis: Redis): Promise<string> {
  return String(await redis.call("CLUSTER", "INFO"));
}

function ignoreReplica(): undefined {
  return undefined;
}

async function askNode<Answer>({ port }: Node, question: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis({ port, host: "127.0.0.1", retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on("error", () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
