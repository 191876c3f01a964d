import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { gitPlace } from "../../src/archive/heads/git-place.ts";
import { fileOfHead, type Head, type HeadPlace } from "../../src/archive/heads/head.ts";
import { notifyPlace } from "../../src/archive/heads/notify-place.ts";
import { storePlace } from "../../src/archive/heads/store-place.ts";
import { postHeads, type PostedToPlace } from "../../src/archive/post-heads.ts";
import type { Message } from "../../src/messages/message.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { temporaryFolder, testLedger } from "../test-ledger.ts";
import type { SealedArchive } from "./sealed-archive.ts";
import { archiveOf } from "./verifying.ts";

interface TriedPlace {
  place: HeadPlace;
  /** The heads that lie there. */
  heads: () => Head[];
  /** Puts a text in place of a head there. */
  forge: (head: Head, text: string) => void;
}

function aFolder(): TriedPlace {
  const root = temporaryFolder();
  return {
    place: storePlace(async () => await Promise.resolve(new FsStore(root)), "store a folder"),
    heads: () => headsBelow(root),
    forge: (head, text) => write(join(root, fileOfHead(head)), text),
  };
}

function aRepository(): TriedPlace {
  const remote = temporaryFolder();
  const git = (...args: string[]): string => execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", "-C", remote, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  git("init", "--quiet", "--bare", "--initial-branch", "main");
  const checkout = (): string => {
    const folder = temporaryFolder();
    execFileSync("git", ["clone", "--quiet", remote, folder], { stdio: "ignore" });
    return folder;
  };
  return {
    place: gitPlace({ remote, branch: "main" }),
    heads: () => headsBelow(checkout()),
    forge: (head, text) => {
      const folder = checkout();
      write(join(folder, fileOfHead(head)), text);
      const inFolder = (...args: string[]): void => void execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", "-C", folder, ...args], { stdio: "ignore" });
      inFolder("add", "--all");
      inFolder("commit", "--message", "forged");
      inFolder("push", "origin", "HEAD:main");
    },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function headsBelow(root: string): Head[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.startsWith("heads/") && file.endsWith(".json"));
  return files.sort().map((file) => JSON.parse(readFileSync(join(root, file), "utf8")) as Head);
}

let archive: { root: string; sealed: SealedArchive };

beforeEach(async () => {
  archive = await archiveOf(2);
});

async function post(...heads: HeadPlace[]): Promise<PostedToPlace[]> {
  const store = new FsStore(archive.root);
  return await postHeads(testLedger(store, store, { telling: { heads } }));
}

describe.each([["a folder", aFolder], ["a git repository", aRepository]])("%s", (_name, open) => {
  test("gets the newest head, then each new one, once", async () => {
    const { place, heads } = open();
    expect(await post(place)).toEqual([{ place: place.name, posted: 1, problem: null }]);
    expect(await post(place)).toEqual([{ place: place.name, posted: 0, problem: null }]);
    await archive.sealed.addDays("2026-09-03", 2, ["prod"], 1);
    expect(await post(place)).toEqual([{ place: place.name, posted: 2, problem: null }]);
    expect(heads().map(({ date }) => date)).toEqual(["2026-09-02", "2026-09-03", "2026-09-04"]);
    expect(heads().at(-1)).toMatchObject({ format: 1, instance: "prod", number: 4, sha256: archive.sealed.heads.get("prod")?.link.sha256 });
  });

  test("keeps a head that differs, and says so, every time", async () => {
    const { place, heads, forge } = open();
    await post(place);
    await archive.sealed.addDays("2026-09-03", 1, ["prod"], 1);
    const { link: { number, date } } = archive.sealed.heads.get("prod")!;
    const forged = { ...heads()[0]!, date, number, sha256: "0".repeat(64) };
    forge(forged, JSON.stringify(forged));
    const refused = [{ place: place.name, posted: 0, problem: "it has another head for digest 3 of prod of 2026-09-03: one of the two was forged or annulled" }];
    expect(await post(place)).toEqual(refused);
    expect(await post(place)).toEqual(refused);
    expect(heads().at(-1)).toEqual(forged);
  });
});

test("a place that fails gets its heads later, and the others get theirs", async () => {
  const folder = aFolder();
  const sent: Message[] = [];
  let failure: string | null = null;
  const mailbox = notifyPlace("audit", async (message) => await Promise.resolve(failure ?? (sent.push(message), null)));
  await post(mailbox, folder.place);
  await archive.sealed.addDays("2026-09-03", 1, ["prod"], 1);
  failure = "http_503";
  expect(await post(mailbox, folder.place)).toEqual([{ place: "notify audit", posted: 0, problem: "http_503" }, { place: "store a folder", posted: 1, problem: null }]);
  failure = null;
  expect(await post(mailbox, folder.place)).toMatchObject([{ posted: 1, problem: null }, { posted: 0 }]);
  const { sha256 } = archive.sealed.heads.get("prod")!.link;
  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({ title: `Archive digest of prod of 2026-09-03: ${sha256}`, body: { kind: "head", sha256 } });
});

test("a repository that a hook of git works on is left alone", async () => {
  const { place, heads } = aRepository();
  vi.stubEnv("GIT_DIR", temporaryFolder());
  expect(await post(place)).toEqual([{ place: place.name, posted: 1, problem: null }]);
  vi.unstubAllEnvs();
  expect(heads()).toHaveLength(1);
});

test("what git says of a remote that does not answer contains no address", async () => {
  const [result] = await post(gitPlace({ remote: "http://user@127.0.0.1:9/secret.git", branch: "main" }));
  expect(result?.problem).toMatch(/^git ls-remote failed: /);
  expect(result?.problem).not.toContain("127.0.0.1:9/secret");
});
