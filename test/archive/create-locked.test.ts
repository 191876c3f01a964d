import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createLocked, replaceLocked, retentionFrom } from "../../src/archive/copies/create-locked.ts";
import { archiveExport } from "../../src/archive/copies/archive-export.ts";
import { parseDuration } from "../../src/archive/retention/duration.ts";
import { sha256OfFile } from "../../src/storage/file-digest.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import type { ObjectLocks, Protection, Retention } from "../../src/storage/object-locks.ts";
import { HOUR, inSeconds, lockedPlace } from "../contract/locked-place.ts";
import { bytes } from "../contract/object-store.ts";
import { HookedStore } from "../hooked-store.ts";
import { temporaryFolder } from "../test-ledger.ts";

const asked: Retention = { mode: "COMPLIANCE", until: inSeconds(HOUR) };
const promised = { mode: "COMPLIANCE", until: asked.until.toISOString() };

/** A store that locks whatever it is told as it likes. */
class Forgetful extends HookedStore {
  readonly #kept: Protection["retention"];

  constructor(store: FsStore, kept: Protection["retention"]) {
    super(store, () => undefined);
    this.#kept = kept;
  }

  override get locks(): ObjectLocks {
    const nothing = async (): Promise<void> => undefined;
    return {
      isEnabled: async () => true,
      protectionOf: async () => ({ retention: this.#kept, legalHold: false }),
      async *overwritten() {
        // One version is all that a folder keeps.
      },
      prolong: nothing,
      setLegalHold: nothing,
      erase: nothing,
      eraseEarlier: nothing,
    };
  }

  override async create(...[key, body]: Parameters<FsStore["create"]>): ReturnType<FsStore["create"]> {
    return await super.create(key, body);
  }

  override async replace(...[key, body]: Parameters<FsStore["replace"]>): ReturnType<FsStore["replace"]> {
    return await super.replace(key, body);
  }
}

describe("how long something is locked", () => {
  const lock = { mode: "GOVERNANCE" as const, retain: { text: "1 month", count: 1, unit: "months" as const } };

  test("is counted by the calendar from when it was made, to the second", () => {
    expect(retentionFrom(lock, new Date("2026-01-31T10:00:00.987Z"))).toEqual({ mode: "GOVERNANCE", until: new Date("2026-02-28T10:00:00Z") });
    const seven = parseDuration("7 years");
    expect(seven && retentionFrom({ mode: "COMPLIANCE", retain: seven }, new Date("2028-02-29T00:00:00Z"))?.until).toEqual(new Date("2035-02-28T00:00:00Z"));
  });

  test("is not at all without a lock, and where the time is over already", () => {
    expect(retentionFrom(undefined, new Date("2026-01-31T10:00:00Z"))).toBeUndefined();
    expect(retentionFrom(lock, new Date("2026-01-31T10:00:00Z"), new Date("2026-02-28T10:00:00Z"))).toBeUndefined();
    expect(retentionFrom(lock, new Date("2026-01-31T10:00:00Z"), new Date("2026-02-28T09:59:59Z"))).toBeDefined();
  });
});

describe("a locked write", () => {
  test("tells until when the store says that it keeps the object", async () => {
    const { store } = await lockedPlace();
    expect(await createLocked(store, "created", bytes("x"), asked)).toEqual({ entry: expect.objectContaining({ key: "created" }) as unknown, retention: promised });
    expect((await replaceLocked(store, "replaced", bytes("x"), asked)).retention).toEqual(promised);
    expect(await createLocked(store, "plain", bytes("x"), undefined)).toMatchObject({ retention: null });
  });

  test("of what is there already locks that as was asked, and never less than it was", async () => {
    const { store } = await lockedPlace();
    const longer: Retention = { mode: "COMPLIANCE", until: inSeconds(2 * HOUR) };
    await createLocked(store, "locked", bytes("x"), longer);
    expect(await createLocked(store, "locked", bytes("y"), asked)).toEqual({ entry: undefined, retention: { mode: "COMPLIANCE", until: longer.until.toISOString() } });
    await store.create("plain", bytes("x"));
    expect(await createLocked(store, "plain", bytes("y"), asked)).toEqual({ entry: undefined, retention: promised });
    expect(await store.locks?.protectionOf("plain")).toMatchObject({ retention: asked });
    expect(Buffer.from(await store.read("plain")).toString()).toBe("x");
  });

  test("to a store that cannot lock is written all the same", async () => {
    for (const store of [new FsStore(temporaryFolder()), (await lockedPlace(false)).store]) {
      expect(await createLocked(store, "key", bytes("x"), asked)).toMatchObject({ entry: { key: "key" }, retention: null });
      expect(await createLocked(store, "key", bytes("y"), asked)).toEqual({ entry: undefined, retention: null });
      expect(await replaceLocked(store, "key", bytes("z"), asked)).toMatchObject({ retention: null });
    }
  });

  test.each<[string, Retention | undefined]>([
    ["no lock", undefined],
    ["a weaker mode", { mode: "GOVERNANCE", until: asked.until }],
    ["a shorter time", { mode: "COMPLIANCE", until: new Date(asked.until.getTime() - 1000) }],
  ])("to a store that keeps %s fails", async (_, kept) => {
    const store = new Forgetful(new FsStore(temporaryFolder()), kept);
    const notKept = { code: "lock_not_kept", message: expect.stringContaining(asked.until.toISOString()) as string };
    // Also when it is tried again, and the object is there.
    for (let attempt = 0; attempt < 2; attempt++) await expect(createLocked(store, "key", bytes("x"), asked)).rejects.toMatchObject(notKept);
    await expect(replaceLocked(store, "key", bytes("x"), asked)).rejects.toMatchObject(notKept);
  });

  test("to a store that keeps more than was asked tells what it keeps", async () => {
    const kept: Retention = { mode: "COMPLIANCE", until: inSeconds(2 * HOUR) };
    const store = new Forgetful(new FsStore(temporaryFolder()), kept);
    expect((await createLocked(store, "key", bytes("x"), { mode: "GOVERNANCE", until: asked.until })).retention).toEqual({
      mode: "COMPLIANCE",
      until: kept.until.toISOString(),
    });
  });
});

test("a copy that is kept again is locked for longer where that is asked", async () => {
  const { store } = await lockedPlace();
  const folder = temporaryFolder();
  const file = join(folder, "export");
  writeFileSync(file, "an export");
  const download = { size: 9, sha256: await sha256OfFile(file), etag: "" };
  const key = "archive/prod/2026/10/01/one.cbor.zstd";
  const first = await archiveExport(store, file, download, key, folder, asked);
  expect(first.retention).toEqual(promised);
  const longer: Retention = { mode: "COMPLIANCE", until: inSeconds(3 * HOUR) };
  expect(await archiveExport(store, file, download, key, folder, longer)).toEqual({ ...first, retention: { mode: "COMPLIANCE", until: longer.until.toISOString() } });
});
