import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ObjectEntry } from "../../src/storage/object-store.ts";
import { type ClaimStore, SingleWriter } from "../../src/storage/single-writer.ts";
import { claimPlace, onSingleWriter } from "../../src/storage/writers.ts";

/** Claims in memory, under the store's own clock; every request takes a while. */
class MemoryClaims implements ClaimStore {
  readonly url = "memory:";
  readonly objects = new Map<string, { bytes: Uint8Array; lastModified: Date }>();
  pause: () => Promise<void> = () => Promise.resolve();

  async list(): Promise<ObjectEntry[]> {
    await this.pause();
    return [...this.objects].map(([key, { bytes, lastModified }]) => ({ key, size: bytes.byteLength, etag: "e", lastModified }));
  }
  async read(key: string): Promise<Uint8Array> {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error("gone");
    return await Promise.resolve(object.bytes);
  }
  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.pause();
    this.objects.set(key, { bytes, lastModified: new Date() });
    await this.pause();
  }
  async remove(key: string): Promise<void> {
    await this.pause();
    this.objects.delete(key);
  }
}

let store: MemoryClaims;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-10-05T10:00:00Z") });
  store = new MemoryClaims();
});
afterEach(() => {
  vi.useRealTimers();
});

function writer(id: string, sleeping = { ms: 0 }): SingleWriter {
  return new SingleWriter(store, { id, host: `host-${id}`, pid: 7 }, { clock: () => new Date(), elapsed: () => Date.now() + sleeping.ms, random: () => 0.5, pause: async (ms) => await new Promise((resolve) => setTimeout(resolve, ms)) });
}

async function outcome(call: Promise<void>): Promise<string> {
  const result = call.then(() => "held", (error: unknown) => (error as { code?: string }).code ?? String(error));
  await vi.advanceTimersByTimeAsync(10_000);
  return await result;
}

test("the second process is refused, and told who writes, since when, and what to do", async () => {
  expect(await outcome(writer("one").hold())).toBe("held");
  const refusal = writer("two").hold().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await refusal).toMatchObject({
    code: "writer_busy",
    retryable: true,
    message: expect.stringMatching(/process 7 on "host-one", since 2026-10-05T10:00:00.000Z, last renewed at 2026-10-05T10:00:/) as string,
    remedy: expect.stringMatching(/two minutes/) as string,
  });
  expect([...store.objects.keys()]).toEqual(["_ledger/writer/one.json"]);
});

test("a process that ends lets the next one write at once", async () => {
  const one = writer("one");
  await outcome(one.hold());
  await one.release();
  expect(store.objects.size).toBe(0);
  expect(await outcome(writer("two").hold())).toBe("held");
});

test("a holder is renewed for as long as it lives", async () => {
  const one = writer("one");
  await outcome(one.hold());
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(one.isCertain()).toBe(true);
  expect(await outcome(writer("two").hold())).toBe("writer_busy");
});

test("the claim of a process that was killed expires two minutes after its last renewal", async () => {
  await store.put("_ledger/writer/killed.json", Buffer.from("{}"));
  vi.setSystemTime(Date.now() + 100_000);
  expect(await outcome(writer("two").hold())).toBe("writer_busy");
  vi.setSystemTime(Date.now() + 20_000);
  expect(await outcome(writer("two").hold())).toBe("held");
  expect([...store.objects.keys()]).toEqual(["_ledger/writer/two.json"]);
});

test("a process that slept past its lease looks again before it writes, and gives way to who took over", async () => {
  const sleeping = { ms: 0 };
  const one = writer("one", sleeping);
  await outcome(one.hold());
  sleeping.ms = 60_000;
  expect(one.isCertain()).toBe(false);
  expect(await outcome(one.hold())).toBe("held");
  expect(one.isCertain()).toBe(true);
  sleeping.ms = 300_000;
  await store.remove("_ledger/writer/one.json");
  expect(await outcome(writer("two").hold())).toBe("held");
  expect(await outcome(one.hold())).toBe("writer_busy");
  expect([...store.objects.keys()]).toEqual(["_ledger/writer/two.json"]);
});

test("a claim that cannot be written again is noticed before the next write, not ignored", async () => {
  const one = writer("one");
  await outcome(one.hold());
  store.put = () => Promise.reject(new Error("the store is away"));
  await vi.advanceTimersByTimeAsync(50_000);
  expect(one.isCertain()).toBe(false);
  await expect(one.hold()).rejects.toThrow("the store is away");
});

test("a store that does not list what was written is refused", async () => {
  store.list = () => Promise.resolve([]);
  await expect(writer("one").hold()).rejects.toMatchObject({ code: "storage_refused" });
});

test("what was released is not claimed again, and says that a later process may", async () => {
  const one = writer("one");
  await outcome(one.hold());
  await one.release();
  await expect(one.hold()).rejects.toMatchObject({ code: "storage_unavailable", retryable: true });
  await expect(one.during(() => Promise.reject(new Error("was written")))).rejects.toMatchObject({ code: "storage_unavailable" });
  expect(store.objects.size).toBe(0);
});

test("a claim lasts until the writes that are under way have ended", async () => {
  const one = writer("one");
  await outcome(one.hold());
  const { promise, resolve } = Promise.withResolvers<void>();
  const written = one.during(() => promise);
  const released = one.release();
  expect(await outcome(writer("two").hold())).toBe("writer_busy");
  resolve();
  await Promise.all([written, released]);
  expect(await outcome(writer("two").hold())).toBe("held");
});

test("a claim that is being renewed or made while it is released does not stay", async () => {
  const one = writer("one");
  await outcome(one.hold());
  const { promise, resolve } = Promise.withResolvers<void>();
  store.pause = () => promise;
  await vi.advanceTimersByTimeAsync(16_000);
  const two = writer("two");
  const claimed = outcome(two.hold());
  const released = Promise.all([one.release(), two.release()]);
  resolve();
  await Promise.all([released, claimed]);
  expect([...store.objects.keys()]).toEqual([]);
});

test("whoever listens is told of a writer when it holds its place, also where the first attempt failed, and once", async () => {
  const told: string[] = [];
  onSingleWriter((url, { id }) => told.push(`${url} ${id}`));
  await store.put("_ledger/writer/killed.json", Buffer.from("{}"));
  const claim = async (): Promise<string> => await outcome(claimPlace("a place", "memory:", () => writer("one")).then(() => undefined));
  expect(await claim()).toBe("writer_busy");
  expect(told).toEqual([]);
  vi.setSystemTime(Date.now() + 120_000);
  expect([await claim(), await claim()]).toEqual(["held", "held"]);
  expect(told).toEqual(["memory: one"]);
});

test("of any number that come at once, in whatever order their requests are served, never two hold it", async () => {
  vi.useRealTimers();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 4 }), fc.scheduler(), async (count, scheduler) => {
      const contested = new MemoryClaims();
      contested.pause = async () => await scheduler.schedule(Promise.resolve());
      const tools = { clock: () => new Date(), elapsed: () => 0, random: () => 0.5, pause: contested.pause };
      const all = Array.from({ length: count }, (_, index) => new SingleWriter(contested, { id: `w${String(index)}`, host: "host", pid: index }, tools));
      const outcomes = scheduler.waitFor(Promise.allSettled(all.map((one) => one.hold())));
      const holders = (await outcomes).flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
      expect(holders.length).toBeLessThanOrEqual(1);
      expect([...contested.objects.keys()]).toEqual(holders.map((index) => `_ledger/writer/w${String(index)}.json`));
      await scheduler.waitFor(Promise.all(all.map((one) => one.release())));
    }),
  );
});
