import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readRedisAddress } from "../../src/queue/read-redis-address.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { type RedisAddress, showRedis } from "../../src/queue/redis-address.ts";
import { createClient } from "../../src/queue/redis-client.ts";
import { temporaryFolder } from "../test-ledger.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

function pem(text: string): string {
  const file = join(temporaryFolder(), "some.pem");
  writeFileSync(file, text);
  return file;
}

async function address(redis: unknown): Promise<RedisAddress> {
  return await readRedisAddress(checkConfig({ redis }, "test").redis);
}

describe("redis: in the configuration", () => {
  test("may be a url, a cluster, Sentinels, each with certificates", async () => {
    expect(await readRedisAddress(undefined)).toBe("redis://127.0.0.1:6379");
    expect(await address("rediss://user:secret@host:6380/2")).toBe("rediss://user:secret@host:6380/2");
    expect(await address({ url: "rediss://host", ca: pem("A"), cert: pem("C"), key: pem("K") })).toEqual({ url: "rediss://host", certificates: { ca: "A", cert: "C", key: "K" } });
    expect(await address({ cluster: ["redis://a:1", "redis://b:2/0"] })).toEqual({ cluster: ["redis://a:1", "redis://b:2/0"] });
    const watched = { sentinels: ["rediss://a:26379"], name: "queue", username: "ledger", database: 3 };
    expect(await address({ ...watched, ca: pem("A") })).toEqual({ ...watched, certificates: { ca: "A" } });
  });

  test.each([
    ["http://host", /redis:\/\/host:port or rediss:\/\/host:port/],
    ["redis://", /redis:\/\/host:port/],
    ["redis://:p/ss@host", /percent-encoded/],
    ["redis://a:1,b:2", /redis:\/\/host:port/],
    [{ cluster: [] }, /cluster/],
    [{ cluster: ["redis://a", "rediss://b"] }, /all of them redis:\/\/ or all rediss:\/\//],
    [{ cluster: ["redis://a/1"] }, /no databases to choose from/],
    [{ sentinels: ["redis://a:26379"] }, /name/],
    [{ sentinels: ["redis://a:26379"], name: "queue", ca: "ca.pem" }, /certificates are for rediss:\/\//],
    [{ url: "redis://a", ca: "ca.pem" }, /certificates are for rediss:\/\//],
    [{ url: "rediss://a", cert: "cert.pem" }, /cert and key belong together/],
  ])("%j is a mistake", (redis, message) => {
    expect(() => checkConfig({ redis }, "test")).toThrow(expect.objectContaining({ code: "config_invalid", message: expect.stringMatching(message) as string }));
  });

  test("passwords are shown of none of them", () => {
    const secret = "s3cret/p@ss";
    const url = `redis://user:${encodeURIComponent(secret)}@host:1?password=s3cret`;
    for (const one of [url, { url }, { cluster: [url, url] }, { sentinels: [url], name: "queue" }] satisfies RedisAddress[]) {
      expect(showRedis(one)).toMatch(/host:1/);
      expect(showRedis(one)).not.toMatch(/s3cret|user/);
    }
  });
});

describe("who a connection says that it is", () => {
  const optionsOf = (one: RedisAddress): Record<string, unknown> => {
    const { options } = createClient(one, "ends");
    const common = "redisOptions" in options ? options.redisOptions : options;
    const { username, password, sentinelUsername, sentinelPassword } = common as Record<string, unknown>;
    return { username, password, sentinelUsername, sentinelPassword };
  };

  test("comes from the url, percent-decoded, and of a cluster from the first url that says it", () => {
    expect(optionsOf("redis://us%2Fer:p%40ss@host")).toMatchObject({ username: "us/er", password: "p@ss" });
    expect(optionsOf({ cluster: ["redis://a", "redis://user:word@b"] })).toMatchObject({ username: "user", password: "word" });
    const watched = { sentinels: ["redis://watcher:word@a"], name: "queue", username: "ledger" };
    expect(optionsOf(watched)).toMatchObject({ username: "ledger", sentinelUsername: "watcher", sentinelPassword: "word" });
  });

  test("comes from the environment where that has a password", () => {
    vi.stubEnv("REDIS_PASSWORD", "of-server");
    vi.stubEnv("REDIS_SENTINEL_PASSWORD", "of-sentinels");
    for (const url of ["redis://host", "redis://ledger@host", "redis://ledger:other@host"]) expect(optionsOf(url)["password"]).toBe("of-server");
    expect(optionsOf("redis://ledger@host")["username"]).toBe("ledger");
    expect(optionsOf({ cluster: ["redis://ledger@host"] })).toMatchObject({ username: "ledger", password: "of-server" });
    expect(optionsOf({ sentinels: ["redis://watcher@a"], name: "queue" })).toMatchObject({ password: "of-server", sentinelUsername: "watcher", sentinelPassword: "of-sentinels" });
  });
});
