import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunSummary } from "../../src/run/run-once.ts";
import { FsStore } from "../../src/storage/fs/fs-store.ts";
import { describeWithFixtures, fixture } from "../fixtures.ts";
import { exportFiles, sourceOf, tableDigests, temporaryFolder } from "../test-ledger.ts";
import { call, callInShell } from "./call.ts";

const hostileFiles = (): string => fixture("hostile") ?? "";

/** A source with one export of the hostile set under a name that carries its time. */
async function sourceWith(name: string): Promise<string> {
  const folder = temporaryFolder();
  await callInShell(`cp "${join(hostileFiles(), name)}.cbor.zstd" ${folder}/ts-aperture-export-1791500000.cbor.zstd`);
  return folder;
}

describeWithFixtures("aperture-ledger run", () => {
  test("prints one JSON object with the figures others rely on, logs on stderr, exit code 0", async () => {
    const lake = temporaryFolder();
    const { code, stdout, stderr } = await call(["run", "--source", await sourceWith("multi-frame"), "--lake", lake, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      exports: { seen: 1, ingested: 1, skipped: 0, damaged: 0 },
      records: { read: 50, accepted: 50, quarantined: 0, duplicates: 0, newer: 0 },
      days: { built: 1, fresh: 0 },
      months: { allocated: 1, fresh: 0 },
      totals: { requests: 50, cost_usd: "0.022500000", unpriced_requests: 0 },
    } satisfies RunSummary);
    const messages = stderr.trim().split("\n").map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual(["export ingested", "day built", "month allocated"]);
  });

  test("exits with 3 under --strict as long as something is quarantined or damaged, else with 0", async () => {
    for (const [name, strict] of [["bad-cost", 3], ["truncated", 3], ["sparse", 0]] as const) {
      const args = ["run", "--source", await sourceWith(name), "--lake", temporaryFolder()];
      expect((await call(args)).code, name).toBe(0);
      expect((await call([...args, "--strict"])).code, name).toBe(strict);
    }
  });

  test("says beside the totals what they lack", async () => {
    const quarantined = await call(["run", "--source", await sourceWith("bad-cost"), "--lake", temporaryFolder()]);
    expect(quarantined.stdout).toMatch(/5 records in quarantine, of which 5 callers could be read: they are not in the totals/);
    const damaged = await call(["run", "--source", await sourceWith("truncated"), "--lake", temporaryFolder()]);
    expect(damaged.stdout).toMatch(/1 exports could not be read to their end: the totals lack their unreadable parts/);
    const newer = await call(["run", "--source", await sourceWith("newer-version"), "--lake", temporaryFolder()]);
    expect(newer.stdout).toMatch(/2 records have a newer schema version/);
  });

  test("shows its progress on a terminal, and only there", async () => {
    const { url: source } = await sourceOf(exportFiles("autumn").slice(0, 12));
    const onTerminal = await callInShell(`script -qec "stty cols 100; $LEDGER run --source ${source} --lake ${temporaryFolder()}" /dev/null`);
    expect(onTerminal.stdout).toMatch(/ingesting exports \d+\/12/);
    expect(onTerminal.stdout).toMatch(/building days \d+\/[1-9]/);
    expect(onTerminal.stdout).not.toMatch(/"msg":/);
  });

  test("ends on a terminal that has no size", async () => {
    const unsized = await callInShell(`script -qec "$LEDGER run --source ${await sourceWith("sparse")} --lake ${temporaryFolder()}" /dev/null`);
    expect(unsized.stdout).toMatch(/1 seen, 1 ingested/);
  });

  test("takes sources, lake, gateway and dimensions from a configuration file", async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, "aperture-ledger.yaml"),
      [
        `sources: [{name: prod, url: "${await sourceWith("multi-frame")}"}]`,
        `lake: "${join(folder, "lake")}"`,
        `aperture: {config: "${fixture("aperture-config.hujson") ?? ""}"}`,
        "dimensions: {repo: X-Github-Repository}",
      ].join("\n"),
    );
    const { code } = await call(["run"], { cwd: folder });
    expect(code).toBe(0);
    const keys = Object.keys(await tableDigests(new FsStore(join(folder, "lake"))));
    expect(keys).toEqual(["usage/date=2026-10-05/prod.parquet", "rollups/date=2026-10-05/prod.parquet", "allocations/month=2026-10/part-0.parquet"]);
  });
});

test("on one processor, where exports are landed without a thread, the tables are the same", async () => {
  const [exports, threaded, alone] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  expect((await call(["simulate", "--out", exports, "--days", "2", "--records", "300"])).code).toBe(0);
  expect((await call(["run", "--source", exports, "--lake", threaded])).code).toBe(0);
  const firstProcessor = "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')";
  const pinned = `set -- $LEDGER; taskset -c ${firstProcessor} "$1" --max-semi-space-size=4 "$2" run --source ${exports} --lake ${alone}`;
  const { code, stderr } = await callInShell(pinned);
  expect(code, stderr).toBe(0);
  const tables = await tableDigests(new FsStore(alone));
  expect(Object.keys(tables).length).toBeGreaterThan(2);
  expect(tables).toEqual(await tableDigests(new FsStore(threaded)));
});

test("a run asks about weights that look like per cent and do not come to 100, and goes on", async () => {
  const config = join(temporaryFolder(), "ledger.yaml");
  const directory = "directory: {teams: [{name: web}, {name: app}]}\nallocation: {rules: [{when: {}, split: {web: 60, app: 30}}]}\n";
  writeFileSync(config, `sources: [{name: prod, url: "${temporaryFolder()}"}]\nlake: "${temporaryFolder()}"\n${directory}`);
  const { code, stdout, stderr } = await call(["run", "--config", config]);
  expect(JSON.parse(stderr)).toMatchObject({ level: 40, msg: "the weights of allocation.rules[0] come to 90: should they come to 100?", remedy: expect.stringContaining("each team pays its part of the sum") as string });
  expect(stdout).toContain("0 seen, 0 ingested");
  expect(code).toBe(0);
});
