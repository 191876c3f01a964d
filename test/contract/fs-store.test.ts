import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/storage/open-store.ts";
import type { ObjectStore } from "../../src/storage/object-store.ts";
import { bytes, describeObjectStore, keys } from "./object-store.ts";

describeObjectStore("FsStore", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fs-store-"));
  const root = join(directory, "made by the first write", "lake");
  const store = await openStore({ url: root });
  return {
    store,
    withBrokenListing: async () => {
      symlinkSync("..", join(root, "many", "loop"));
      return store;
    },
    close: async () => rmSync(directory, { recursive: true }),
  };
});

describe("FsStore", () => {
  let root: string;
  let store: ObjectStore;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "fs-store-"));
    store = await openStore({ url: `file://${root}` });
  });
  afterEach(() => {
    try {
      execFileSync("umount", [root], { stdio: "ignore" });
    } catch {
      // Only the full disk is mounted.
    }
    rmSync(root, { recursive: true });
  });

  test("lists through links, and shows no file that is being written", async () => {
    await store.create("a/b", bytes("x"));
    symlinkSync("a", join(root, "linked"));
    writeFileSync(join(root, "a", ".aperture-ledger-writing-1"), "half");
    expect(await keys(store, "")).toEqual(["a/b", "linked/b"]);
    await expect(store.create("a/.aperture-ledger-writing-1", bytes("x"))).rejects.toMatchObject({ code: "key_invalid" });
  });

  test.each<[string, (root: string) => void]>([
    ["a link to itself", (at) => symlinkSync("itself", join(at, "itself"))],
    ["a link to a directory above", (at) => symlinkSync("..", join(at, "a", "above"))],
    ["a link that leads nowhere, as to a disk that is not mounted", (at) => symlinkSync("/nowhere/at/all", join(at, "a", "gone"))],
    ["a name that is not UTF-8", (at) => writeFileSync(Buffer.concat([Buffer.from(`${at}/a/`), Buffer.from([0xff])]), "x")],
  ])("throws instead of leaving out %s", async (_, spoil) => {
    await store.create("a/b", bytes("x"));
    spoil(root);
    await expect(keys(store, "")).rejects.toMatchObject({ code: "listing_incomplete" });
  });

  test("throws when the root is a file", async () => {
    writeFileSync(join(root, "file"), "x");
    const inFile = await openStore({ url: join(root, "file") });
    await expect(keys(inFile, "")).rejects.toMatchObject({ code: "listing_incomplete" });
    await expect(inFile.create("a", bytes("x"))).rejects.toMatchObject({ code: "storage_refused" });
  });

  test("says so when it may not read or write", async () => {
    await store.create("a/secret", bytes("x"));
    chmodSync(join(root, "a", "secret"), 0o000);
    mkdirSync(join(root, "closed"), { mode: 0o000 });
    await asUnprivileged(root, async () => {
      const denied = { code: "storage_denied", retryable: false, remedy: expect.stringContaining("right") };
      await expect(store.read("a/secret")).rejects.toMatchObject(denied);
      await expect(store.create("closed/b", bytes("x"))).rejects.toMatchObject(denied);
      await expect(store.replace("closed/b", bytes("x"))).rejects.toMatchObject(denied);
      await expect(store.head("closed/b")).rejects.toMatchObject(denied);
      await expect(keys(store, "")).rejects.toMatchObject({ code: "listing_incomplete" });
    });
    chmodSync(join(root, "closed"), 0o700);
  });

  test("leaves nothing behind on a disk that is full", async () => {
    const code = fillableDisk(root);
    const large = join(tmpdir(), `fs-store-large-${process.pid}`);
    writeFileSync(large, Buffer.alloc(3 << 20, 1));
    try {
      await store.create("a/fits", bytes("x"));
      for (const body of [Buffer.alloc(3 << 20, 1), { file: large }]) {
        for (const write of ["create", "replace"] as const) {
          await expect(code(store, write, body)).rejects.toMatchObject({ code: "storage_full", message: expect.stringContaining("a/large") });
        }
      }
      expect(readdirSync(join(root, "a"))).toEqual(["fits"]);
      expect(await keys(store, "")).toEqual(["a/fits"]);
    } finally {
      rmSync(large);
    }
  });

  test("leaves nothing behind when the name is taken by a directory", async () => {
    await store.create("a/b/c", bytes("x"));
    await expect(store.replace("a/b", bytes("x"))).rejects.toMatchObject({ code: "storage_refused" });
    await expect(store.replace("a/b/c/d", bytes("x"))).rejects.toMatchObject({ code: "storage_refused" });
    expect(readdirSync(join(root, "a"))).toEqual(["b"]);
    expect(readdirSync(join(root, "a", "b"))).toEqual(["c"]);
  });

  test("refuses a part longer than the file system takes", async () => {
    await expect(store.create("x".repeat(300), bytes("x"))).rejects.toMatchObject({ code: "key_invalid" });
  });

  test("does not wait for a pipe that has an object's name", async () => {
    execFileSync("mkfifo", [join(root, "pipe")]);
    expect(await keys(store, "")).toEqual([]);
    expect(await store.head("pipe")).toBeUndefined();
    await expect(store.read("pipe")).rejects.toMatchObject({ code: "object_missing" });
  });
});

/** Runs with the rights of a user who is not root, where this is root. */
async function asUnprivileged(root: string, run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run();
  chownSync(root, 65534, 65534);
  chmodSync(root, 0o755);
  process.seteuid?.(65534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}

type Write = (store: ObjectStore, write: "create" | "replace", body: Uint8Array | { file: string }) => Promise<unknown>;

/**
 * Puts a file system of 1 MiB at the directory; who may not mount gets the other way a file can find no room:
 * a process whose files may not grow past a limit.
 */
function fillableDisk(root: string): Write {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", root], { stdio: "ignore" });
    return async (store, write, body) => store[write]("a/large", body);
  } catch {
    return async (store, write, body) => writeWithLimit(fileURLToPath(store.url), write, body);
  }
}

async function writeWithLimit(root: string, write: string, body: Uint8Array | { file: string }): Promise<void> {
  const script = `
    const { openStore } = await import(${JSON.stringify(new URL("../../src/storage/open-store.ts", import.meta.url).href)});
    const store = await openStore({ url: ${JSON.stringify(root)} });
    const body = ${body instanceof Uint8Array ? `new Uint8Array(${body.byteLength})` : JSON.stringify(body)};
    await store[${JSON.stringify(write)}]("a/large", body).then(() => console.log("{}"), ({ code, message }) => console.log(JSON.stringify({ code, message })));`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  const output = execFileSync("prlimit", ["--fsize=1048576", "--", ...node], { encoding: "utf8" });
  const failure = JSON.parse(output) as { code?: string; message?: string };
  if (failure.code !== undefined) throw Object.assign(new Error(failure.message), failure);
}
