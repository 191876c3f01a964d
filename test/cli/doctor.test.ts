import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HookedStore } from "../hooked-store.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import type { ObjectEntry, ObjectStore } from "../../src/storage/object-store.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { keysOf } from "../keys-of.ts";
import { type ProbeStep, probeStore } from "../../src/storage/probe-store.ts";
import { freshS3 } from "../services/s3.ts";
import { SHARED_REDIS } from "../services/shared-redis.ts";
import { SHARED_S3 } from "../services/shared-s3.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";
import { findings, of } from "./findings.ts";

describe("aperture-ledger doctor", () => {
  test("finds nothing to do where everything works, and leaves nothing behind", async () => {
    const source = temporaryFolder();
    writeFileSync(join(source, "ts-aperture-export-1791500000.cbor.zstd"), "x");
    const gateway = join(temporaryFolder(), "gateway.hujson");
    writeFileSync(gateway, '{"providers": {"anthropic": {}},}');
    const lake = temporaryFolder();
    const { code, found } = await findings(`sources: [{name: prod, url: "${source}"}]\nlake: "${lake}"\naperture: {config: "${gateway}"}\ndirectory: {teams: [{name: web}]}\n`);
    expect(found.map(({ check, state }) => [check, state])).toEqual([
      ["configuration", "ok"],
      ["source prod", "ok"],
      ["lake", "ok"],
      ["archive", "attention"],
      ["archive key", "attention"],
      ["gateway configuration", "ok"],
      ["directory", "ok"],
    ]);
    expect(code).toBe(0);
    expect(readdirSync(lake, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())).toEqual([]);
  });

  test("says what to do about a source without exports, a source that is not there, a lake that cannot be written", async () => {
    const empty = temporaryFolder();
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { code, found } = await findings(
      `sources: [{name: empty, url: "${empty}"}, {name: gone, url: /nowhere/exports}]\nlake: "${file}/lake"\n`,
    );
    expect(code).toBe(1);
    expect(of(found, "source empty")).toMatchObject({ state: "attention", remedy: expect.stringMatching(/\.cbor\.zstd/) as string });
    expect(of(found, "source gone")).toMatchObject({ state: "failed", finding: expect.stringMatching(/cannot be listed/) as string });
    expect(of(found, "lake")).toMatchObject({ state: "failed", remedy: expect.any(String) as string });
    expect(of(found, "gateway configuration")).toMatchObject({ state: "attention", remedy: expect.stringMatching(/aperture\.config/) as string });
  });

  test("asks about weights that look like per cent and do not come to 100, of rules, pools and charges", async () => {
    const places = `sources: [{name: prod, url: "${temporaryFolder()}"}]\nlake: "${temporaryFolder()}"\ndirectory: {teams: [{name: web}, {name: app}]}\n`;
    const written = (split: string): string =>
      `${places}allocation: {rules: [{name: CI, when: {}, split: ${split}}], pools: [{name: shared, when: {}, spread: ${split}}]}\ncharges: [{name: Support, kind: other, provider: p, amount: 5, spread: ${split}}]\n`;
    const { code, found } = await findings(written("{web: 60, app: 30}"));
    expect(found.filter(({ check }) => check === "weights")).toEqual(
      ["the rule CI", "the pool shared", "the charge Support"].map((where) => ({ check: "weights", state: "attention", finding: `the weights of ${where} come to 90: should they come to 100?`, remedy: expect.stringContaining("each team pays its part of the sum") as string })),
    );
    expect(code).toBe(0);
    expect((await findings(written("{web: 60, app: 40}"))).found.filter(({ check }) => check === "weights")).toEqual([]);
  });

  test("reads the price list, also where it is a file", async () => {
    const sources = `sources: [{name: prod, url: "${temporaryFolder()}"}]\nlake: "${temporaryFolder()}"\n`;
    const { found } = await findings(`${sources}prices: [{match: a, input: 1}, {match: a, from: 2026-10-01, input: 2}, {match: b, input: 1}]\n`);
    expect(of(found, "prices")).toEqual({ check: "prices", state: "ok", finding: "3 entries for 2 patterns" });
    const { code, found: none } = await findings(`${sources}prices: /nowhere/prices.yaml\n`);
    expect([code, of(none, "prices").state, of(none, "prices").finding]).toEqual([1, "failed", expect.stringContaining("/nowhere/prices.yaml")]);
  });

  test("takes the example's price list once it is no comment any more", async () => {
    const file = join(temporaryFolder(), "aperture-ledger.yaml");
    expect((await call(["init", "--out", file])).code).toBe(0);
    const section = /^# prices:\n(?:# {3}.*\n)+/m.exec(readFileSync(file, "utf8"))?.[0] ?? "";
    const { found } = await findings(`lake: "${temporaryFolder()}"\n${section.replaceAll(/^# /gm, "")}`);
    expect(of(found, "prices")).toMatchObject({ state: "ok", finding: "2 entries for 2 patterns" });
  });

  test("checks S3 with the credentials it is given", async () => {
    const { location, env } = await freshS3(SHARED_S3);
    const url = `${location.url}?endpoint=${location.endpoint}&region=us-east-1`;
    const good = await findings(`sources: [{name: prod, url: "${url}"}]\nlake: "${url}"\n`, env);
    expect(of(good.found, "lake")).toMatchObject({ state: "ok", finding: expect.stringMatching(/honours create-only writes/) as string });
    const wrong = await findings(`lake: "${url}"\n`, { ...env, AWS_SECRET_ACCESS_KEY: "wrong-secret" });
    expect(of(wrong.found, "lake")).toMatchObject({ state: "failed", remedy: expect.stringMatching(/AWS_SECRET_ACCESS_KEY/) as string });
    expect(JSON.stringify(wrong.found)).not.toContain("wrong-secret");
  });

  test("asks the configured Redis what it is, and says when it cannot", async () => {
    const { found } = await findings(`redis: "${SHARED_REDIS}"\n`);
    expect(of(found, "redis").finding).toMatch(/^version \d+\.\d+\.\d+, maxmemory-policy noeviction/);
    const gone = await findings("redis: redis://:hidden-password@127.0.0.1:1\n");
    expect(of(gone.found, "redis")).toMatchObject({ state: "failed", finding: expect.stringMatching(/127\.0\.0\.1:1 does not answer/) as string });
    expect(JSON.stringify(gone.found)).not.toContain("hidden-password");
  });
});

function failedOf(steps: readonly ProbeStep[]): string[] {
  return steps.flatMap(({ step, ok }) => (ok ? [] : [step]));
}

describe("a store that cannot hold a ledger", () => {
  /** Each breaks one thing, and nothing else. */
  const broken: [step: string, change: (store: FsStore) => Partial<ObjectStore>][] = [
    ["read back", (store) => ({ read: async (key, range) => (range === undefined && (await store.head(key))?.size === 5 ? Buffer.from("fIrst") : await store.read(key, range)) })],
    ["range", (store) => ({ read: async (key) => await store.read(key) })],
    ["ETag", (store) => ({ head: async (key) => { const entry = await store.head(key); return entry && { ...entry, etag: `${entry.etag}-gzip` }; } })],
    ["overwrite", (store) => ({ download: async (key, file) => await store.download(key, file) })],
    ["order of listing", (store) => ({ list: async function* (prefix: string) { yield* store.list(prefix); } })],
    ["listing in pages", (store) => ({ listInPages: async function* (prefix: string, size: number) { let left = size; for await (const entry of store.list(prefix)) if (left-- > 0) yield entry; } })],
    ["delete", () => ({ remove: () => Promise.resolve() })],
  ];

  test.each(broken)("is found out by the step %s", async (step, change) => {
    const real = new FsStore(temporaryFolder());
    const changes = change(real);
    const store = new Proxy<ObjectStore>(real, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const { steps } = await probeStore(store, "_ledger/doctor/x.");
    expect(failedOf(steps)).toContain(step);
    expect(steps.map((one) => one.step)).toContain("listing in pages");
  });
});

test("a store that refuses everything is reported by what was tried first, not by the cleaning up after it", async () => {
  const refusing = new HookedStore(new FsStore(temporaryFolder()), (operation) => {
    throw new LedgerError("storage_denied", `cannot ${operation}`, { remedy: "check the credentials" });
  });
  await expect(probeStore(refusing, "_ledger/doctor/x.")).rejects.toMatchObject({ code: "storage_denied", message: "cannot create" });
});

describe("a store that overwrites although told to create only", () => {
  class Overwriting extends HookedStore {
    override async create(...written: Parameters<ObjectStore["create"]>): Promise<ObjectEntry | undefined> {
      return await this.replace(...written);
    }
  }

  test("is found out", async () => {
    const store = new Overwriting(new FsStore(temporaryFolder()), () => undefined);
    const { steps } = await probeStore(store, "_ledger/doctor/x.");
    expect(failedOf(steps)).toEqual(["create only", "create in a race"]);
    expect(await keysOf(store)).toEqual([]);
  });
});
