import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import type { Explorer } from "../../src/explore/open-explorer.ts";
import { parseQuestion } from "../../src/explore/question/parse-question.ts";
import { layout } from "../../src/lake/layout.ts";
import { LedgerError } from "../../src/ledger/errors.ts";
import { HookedStore } from "../hooked-store.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { addRequests, explorerOf, lakeOfRequests, request } from "./explored-lake.ts";

const LOGIN = "erased.person@example.com";
const PSEUDONYM = "erased-0123456789abcdef";
const REQUESTS = [
  request({ at: "2026-11-02T10:00:00Z", caller: LOGIN, sessionId: "s1", cost: 3n }),
  request({ at: "2026-11-20T10:00:00Z", caller: "bob@example.com", sessionId: "s2", cost: 5n }),
];
const erased = [request({ at: "2026-11-02T10:00:00Z", caller: PSEUDONYM, sessionId: "s1", cost: 3n })];

afterEach(() => void vi.unstubAllEnvs());

/** The folder for temporary files of this test. */
function temporaryFiles(): string {
  const folder = temporaryFolder();
  vi.stubEnv("TMPDIR", folder);
  return folder;
}

/** Files below a folder that contain the text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const has = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, index) => has[index]);
}

async function askDays(explorer: Explorer, from: string, to = from): Promise<void> {
  const question = parseQuestion(new URLSearchParams({ from, to }), explorer.settings);
  await explorer.ask(question);
  await explorer.askSessions(question);
}

test("a login that was erased is gone from the local copies with the next question, also about other days", async () => {
  const { lake, folder } = await lakeOfRequests(REQUESTS);
  const [explorer, local] = [explorerOf(lake), temporaryFiles()];
  await askDays(explorer, "2026-11-01", "2026-11-30");
  // The rollups and the usage of its day.
  expect(await filesWith(local, LOGIN)).toHaveLength(2);
  await addRequests(lake, folder, "prod", erased);
  await askDays(explorer, "2026-11-20");
  expect(await filesWith(local, LOGIN)).toEqual([]);
  expect(await filesWith(local, "bob@example.com")).toHaveLength(2);
});

test("a day that is not in the lake any more has no local copy after the next question", async () => {
  const { lake } = await lakeOfRequests(REQUESTS);
  const [explorer, local] = [explorerOf(lake), temporaryFiles()];
  await askDays(explorer, "2026-11-01", "2026-11-30");
  await lake.remove(layout.dayManifest("2026-11-02", "prod"));
  await askDays(explorer, "2026-09-01");
  expect(await filesWith(local, LOGIN)).toEqual([]);
});

test("local copies that nobody asks about are removed after a while, and the next question makes them again", async () => {
  const { lake } = await lakeOfRequests(REQUESTS);
  const read: string[] = [];
  const counted = new HookedStore(lake, (operation, key) => void (operation === "download" && read.push(key)));
  const [explorer, local] = [explorerOf(counted, { limits: { keptSeconds: 0 } }), temporaryFiles()];
  for (const times of [1, 2]) {
    await askDays(explorer, "2026-11-02");
    await vi.waitUntil(async () => (await readdir(local)).length === 0, { timeout: 60_000 });
    // Rollups and usage.
    expect(read).toHaveLength(2 * times);
  }
});

test("local copies are removed after a while also where questions fail since the lake cannot be read", async () => {
  const { lake } = await lakeOfRequests(REQUESTS);
  let isDown = false;
  const failing = new HookedStore(lake, () => {
    if (isDown) throw new LedgerError("storage_unavailable", "no answer", { remedy: "wait" });
  });
  const [explorer, local] = [explorerOf(failing, { limits: { keptSeconds: 0.2 } }), temporaryFiles()];
  await askDays(explorer, "2026-11-02");
  isDown = true;
  await vi.waitUntil(async () => {
    await expect(askDays(explorer, "2026-11-02")).rejects.toThrow("no answer");
    return (await filesWith(local, LOGIN)).length === 0;
  }, { timeout: 60_000 });
});

test("a question that cannot be answered leaves no part of its days behind", async () => {
  const { lake, folder } = await lakeOfRequests(REQUESTS);
  await rm(join(folder, layout.rollups("2026-11-20", "prod")));
  const [explorer, local] = [explorerOf(lake), temporaryFiles()];
  await expect(askDays(explorer, "2026-11-01", "2026-11-30")).rejects.toMatchObject({ code: "object_missing" });
  expect(await filesWith(local, LOGIN)).toEqual([]);
});
