import { keyPrefix } from "../../src/queue/redis-connection.ts";
import { TestCluster } from "../services/redis-cluster.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import type { ChaosRedis } from "./restartable-redis.ts";

/** Three primaries, each with a replica; the node that has the ledger's keys is killed, or all of them forget everything. */
export class RestartableCluster implements ChaosRedis {
  readonly redis: { cluster: string[] };
  readonly #services: ServiceProcesses;
  readonly #cluster: TestCluster;
  readonly #key: string;

  private constructor(services: ServiceProcesses, cluster: TestCluster, lakeUrl: string) {
    this.#services = services;
    this.#cluster = cluster;
    this.#key = `${keyPrefix(lakeUrl)}:jobs:meta`;
    this.redis = { cluster: cluster.urls };
  }

  static async start(lakeUrl: string): Promise<RestartableCluster> {
    const services = new ServiceProcesses();
    process.once("exit", () => services.stopNow());
    return new RestartableCluster(services, await TestCluster.start(services, { primaries: 3, replicas: 1 }), lakeUrl);
  }

  async restart(kept: boolean): Promise<void> {
    if (!kept) {
      await this.#cluster.empty();
      return;
    }
    await this.#cluster.killPrimaryOf(this.#key);
    await this.#cluster.untilOk();
    await this.#cluster.revive();
  }

  async stop(): Promise<void> {
    await this.#services.stop();
  }
}
