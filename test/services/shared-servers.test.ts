import { afterEach, expect, test } from "vitest";
import { askFor, type ServedStarters, serveStarters, type Starters } from "./shared-servers.ts";

let served: ServedStarters | undefined;
afterEach(async () => {
  await served?.close();
});

async function serve(redis: Starters["redis"]): Promise<string> {
  const never = (): Promise<never> => Promise.reject(new Error("nobody asked for S3"));
  served = await serveStarters({ redis, s3: never, "s3-others": never });
  return served.url;
}

test("a shared server is started when the first test file asks for it, and once", async () => {
  let starts = 0;
  const url = await serve(async () => `redis://127.0.0.1:${++starts}`);
  expect(starts).toBe(0);
  expect(await Promise.all([askFor(url, "redis"), askFor(url, "redis")])).toEqual(["redis://127.0.0.1:1", "redis://127.0.0.1:1"]);
  expect(await askFor(url, "redis")).toBe("redis://127.0.0.1:1");
});

test("a shared server that cannot be started fails every test file that asks for it, with the reason", async () => {
  let starts = 0;
  const url = await serve(async () => {
    starts++;
    throw new Error("The tests need programs that are not here:\n  - Redis: redis-server");
  });
  for (let i = 0; i < 2; i++) await expect(askFor(url, "redis")).rejects.toThrow("  - Redis: redis-server");
  expect(starts).toBe(1);
});

test("closing waits for a server that is still being started, so that nothing is started after the end", async () => {
  const begun = Promise.withResolvers<void>();
  let isUp = false;
  const url = await serve(async () => {
    begun.resolve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    isUp = true;
    return "redis://127.0.0.1:1";
  });
  const refused = askFor(url, "redis").catch((error: unknown) => error);
  await begun.promise;
  await served?.close();
  expect(isUp).toBe(true);
  expect(await refused).toMatchObject({ message: "fetch failed" });
});
