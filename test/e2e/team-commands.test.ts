import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { layout } from "../../src/lake/layout.ts";
import { call, type CallResult } from "../cli/call.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";

const DIRECTORY = { teams: [{ name: "payments", members: ["ann@example.com"] }, { name: "web/ops", members: ["bob@example.com"] }] };
const TEAMS = ["payments", "web/ops", "(unallocated)"];

let folder: string;
beforeEach(async () => {
  folder = temporaryFolder();
  await writeFile(join(folder, "aperture-ledger.yaml"), `sources: [{name: prod, url: ./exports}]\nlake: ./lake\ndirectory: ${JSON.stringify(DIRECTORY)}\n`);
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: "2026-09-10T12:00:00Z", dollars: 3 },
    { by: "bob@example.com", at: "2026-09-10T12:00:00Z", dollars: 2 },
    { by: "eve@example.com", at: "2026-09-10T12:00:00Z", dollars: 1 },
  ]);
  await ledger("run");
}, 600_000);

async function ledger(...args: string[]): Promise<CallResult> {
  return await call(args, { cwd: folder, env: { USER: "finance" } });
}

async function chargeback(...args: string[]): Promise<CallResult> {
  return await ledger("chargeback", "--month", "2026-09", ...args);
}

function fileOf(team: string, file = "chargeback.html"): string {
  return join(folder, "lake", layout.teamReport("2026-09", team, file));
}

async function teamFolders(): Promise<string[]> {
  const teams = join(folder, "lake/reports/2026-09/teams");
  return existsSync(teams) ? await readdir(teams) : [];
}

describe("chargeback --team and --teams", { timeout: 600_000 }, () => {
  test("write one team's page and files, or each team's, and say where", async () => {
    const one = await chargeback("--team", "payments");
    expect([one.code, one.stderr]).toEqual([0, ""]);
    expect(one.stdout.match(/^team page .*$/gm)).toEqual([expect.stringContaining("reports/2026-09/teams/payments/chargeback.html")]);
    expect(await teamFolders()).toEqual(["payments"]);
    expect(await readFile(fileOf("payments"), "utf8")).toMatch(/\$3\.00<\/data>/);
    expect(await readFile(fileOf("payments"), "utf8")).not.toMatch(/bob@|eve@|web/);

    const all = await chargeback("--teams");
    expect(all.stdout.match(/^team page .*$/gm)).toHaveLength(TEAMS.length);
    for (const team of TEAMS) for (const file of ["chargeback.html", "chargeback.csv", "chargeback.json"]) expect([team, file, existsSync(fileOf(team, file))]).toEqual([team, file, true]);
    const json = JSON.parse((await chargeback("--teams", "--json")).stdout) as { team_files: { team: string; html: string }[] };
    expect(json.team_files.map(({ team }) => team).toSorted()).toEqual(TEAMS.toSorted());
    for (const { html } of json.team_files) expect([html, existsSync(fileURLToPath(html))]).toEqual([html, true]);
    // As printed they open in a browser, which decodes them, whatever a team is called.
    for (const line of all.stdout.match(/^team page .*$/gm) ?? []) expect([line, existsSync(fileURLToPath(line.slice(13)))]).toEqual([line, true]);
  });

  test("of a team that is not there exit with 2, name those that are, and write no page of a team", async () => {
    const { code, stdout, stderr } = await chargeback("--team", "paymens");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain('there is no team "paymens" in 2026-09');
    for (const team of TEAMS) expect(stderr).toContain(JSON.stringify(team));
    expect(await teamFolders()).toEqual([]);
    for (const file of ["chargeback.html", "chargeback.json", "summary.csv"]) expect((await readFile(join(folder, "lake", layout.report("2026-09", file)))).byteLength).toBeGreaterThan(100);
  });

  test("close nothing where the team that is asked for is not there", async () => {
    expect(await chargeback("--close", "--team", "paymens")).toMatchObject({ code: 2, stdout: "" });
    expect(existsSync(join(folder, "lake", layout.close("2026-09")))).toBe(false);
    const closed = await chargeback("--close", "--team", "payments");
    expect(closed.code).toBe(0);
    expect(closed.stdout).not.toContain("restored");
  });
});

test("of a closed month team pages are those it was closed with, and no others", { timeout: 600_000 }, async () => {
  expect((await chargeback("--close")).code).toBe(0);
  const frozen = await Promise.all(TEAMS.map(async (team) => await readFile(fileOf(team), "utf8")));
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: "2026-09-11T12:00:00Z", dollars: 7 }, { by: "new@example.com", at: "2026-10-11T12:00:00Z", dollars: 1 }]);
  const moved = { teams: [...DIRECTORY.teams, { name: "later", members: ["eve@example.com"] }] };
  await writeFile(join(folder, "aperture-ledger.yaml"), `sources: [{name: prod, url: ./exports}]\nlake: ./lake\ndirectory: ${JSON.stringify(moved)}\n`);
  expect((await ledger("run")).code).toBe(0);

  await rm(fileOf("payments"));
  await writeFile(fileOf("web/ops"), "altered");
  const served = await chargeback("--teams");
  expect(served.code).toBe(0);
  expect(served.stdout.match(/^team page .*$/gm)).toHaveLength(TEAMS.length);
  expect(served.stdout.match(/^restored .*$/gm)).toHaveLength(2);
  expect(await Promise.all(TEAMS.map(async (team) => await readFile(fileOf(team), "utf8")))).toEqual(frozen);
  expect((await chargeback("--team", "payments")).stdout.match(/^team page .*$/gm)).toHaveLength(1);
  const unknown = await chargeback("--team", "later");
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('there is no team "later" in 2026-09') as string]);
  expect((await teamFolders()).length).toBe(TEAMS.length);
});
