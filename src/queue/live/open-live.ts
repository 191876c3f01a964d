import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ledger/clock.ts";
import type { LiveSource } from "../../limits/estimate-live.ts";
import { probeRedis } from "../probe-redis.ts";
import { readRedisAddress } from "../read-redis-address.ts";
import { createClient } from "../redis-client.ts";
import { RedisLiveRequests } from "./redis-live-requests.ts";

/**
 * Opens the live requests of the ledger at that lake for a command, which gives up at the first failure. Undefined where hooks are not configured.
 * Throws `storage_unavailable` if Redis does not answer.
 */
export async function openLive({ hooks, redis }: Pick<Config, "hooks" | "redis">, lakeUrl: string, clock: Clock): Promise<(LiveSource & { close(): void }) | undefined> {
  if (hooks === undefined) return undefined;
  const { address } = await probeRedis(await readRedisAddress(redis));
  const client = createClient(address, "ends");
  client.on("error", () => undefined);
  await client.connect();
  const keepHours = hooks.keep_hours;
  return { requests: new RedisLiveRequests(client, { lakeUrl, keepHours, clock }), keepHours, close: () => client.disconnect() };
}
