import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { writeRequests } from "../request-exports.ts";
import { call } from "./call.ts";

const START = join(import.meta.dirname, "../../src/cli/start.js");
const LONG = "a team with a rather long name in which people write every word out";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aperture-ledger-test-"));
  writeRequests(join(folder, "exports"), [
    { by: "ann@example.com", at: "2026-09-05T12:00:00Z", dollars: 1234.567891 },
    { by: "bob@example.com", at: "2026-09-06T12:00:00Z", dollars: 0.000000001 },
    { by: "bob@example.com", at: "2026-10-01T12:00:00Z", dollars: 1 },
  ]);
  writeFileSync(join(folder, "ledger.yaml"), stringify({
    sources: [{ name: "prod", url: join(folder, "exports") }],
    lake: join(folder, "lake"),
    directory: { teams: [{ name: LONG, cost_center: "CC-1", members: ["ann@example.com"] }, { name: "web", members: ["bob@example.com"] }] },
    limits: [{ name: "company", amount: 2000, per: "month" }],
  }));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What commands show on a terminal of 60 columns. */
async function onTerminal(commands: readonly string[], env: Record<string, string>): Promise<string> {
  const script = ["stty cols 60", ...commands.map((command) => `${process.execPath} ${START} ${command} --config ledger.yaml`)].join("; ");
  const child = spawn("script", ["-qec", script, "/dev/null"], { cwd: folder, env: { PATH: process.env["PATH"], TERM: "xterm", APERTURE_LEDGER_CALLED_AS: "aperture-ledger", ...env }, stdio: ["ignore", "pipe", "inherit"] });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (shown += piece));
  await new Promise((resolve) => child.once("close", resolve));
  return shown.replaceAll("\r\n", "\n");
}

describe("on a terminal of 60 columns with NO_COLOR", () => {
  let shown: string;
  beforeAll(async () => {
    shown = await onTerminal(["run", "chargeback --month 2026-09", "limits --month 2026-09"], { NO_COLOR: "1" });
  });

  test("there is no escape sequence, and each task has a line", () => {
    expect(shown).not.toContain("\x1b");
    expect(shown).toMatch(/^ingesting exports 3$/m);
  });

  test("lines are broken between words, and no figure is cut", () => {
    const addresses = /file:\/\/|^Next: |--config/;
    expect(shown.split("\n").filter((line) => line.length > 60 && !addresses.test(line))).toEqual([]);
    expect(shown).toContain(`team         a team with a rather long name in which people\n             write every word out, cost centre CC-1:\n             $1,234.57 owed, list value none\n`);
  });

  test("the table of budgets has a line for each figure", () => {
    expect(shown).toMatch(/^company: everything\n {2}2026-09\n {4}amount +\$2,000\.00\n {4}spent +\$1,234\.57\n {4}left +\$765\.43\n/m);
  });

  test("each command ends with what follows, with the configuration of the call", () => {
    expect(shown).toMatch(/^Next: aperture-ledger chargeback --month \d{4}-\d\d --config ledger\.yaml$/m);
    expect(shown).toMatch(/^Next: aperture-ledger chargeback --month 2026-09 --close --config ledger\.yaml$/m);
    expect(shown.match(/^Next: /gm)).toHaveLength(2);
  });

  test("an amount below a cent never looks like nothing", () => {
    expect(shown).toContain("team         web: <$0.01 owed, list value none");
  });
});

test("elsewhere lines are whole, nothing says what follows, and nothing has an escape sequence, even with FORCE_COLOR", async () => {
  const { stdout, stderr } = await call(["chargeback", "--month", "2026-09", "--config", "ledger.yaml"], { cwd: folder, env: { FORCE_COLOR: "1" } });
  expect(stderr).toBe("");
  expect(stdout).toContain(`team         ${LONG}, cost centre CC-1: $1,234.57 owed, list value none\n`);
  expect(stdout).not.toContain("\x1b");
});

test("chargeback takes the last complete month and says which; --close does not", async () => {
  const options = { cwd: folder, at: "2026-10-02T12:00:00Z" };
  const { code, stdout } = await call(["chargeback", "--config", "ledger.yaml"], options);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^month {8}2026-09, the last complete month in UTC\nchargeback {3}2026-09 in UTC/) as string]);
  const json = await call(["chargeback", "--config", "ledger.yaml", "--json"], options);
  expect(JSON.parse(json.stdout)).toMatchObject({ month: "2026-09" });
  const refused = await call(["chargeback", "--config", "ledger.yaml", "--close"], options);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/--close is given without --month \[usage\]\n.*--month 2026-10, or --month last/) as string]);
});

test("--out has the report's files, and --open a word on where the page is where there is no display", async () => {
  const out = join(folder, "copies");
  const { code, stdout } = await call(["chargeback", "--month", "2026-09", "--teams", "--out", out, "--open", "--config", "ledger.yaml"], { cwd: folder });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^copied {7}\d+ files to .*\/copies\nnot opened {3}this machine has no display: file:.*\/copies\/chargeback\.html$/m) as string]);
  const lake = join(folder, "lake/reports/2026-09");
  for (const file of ["chargeback.html", "chargeback.csv", "focus.csv", "teams/web/chargeback.html"]) expect(readFileSync(join(out, file))).toEqual(readFileSync(join(lake, file)));
  const { copies } = JSON.parse((await call(["chargeback", "--month", "2026-09", "--out", out, "--json", "--config", "ledger.yaml"], { cwd: folder })).stdout) as { copies: string[] };
  expect(copies).toContain(join(out, "chargeback.html"));
});

test("a folder that cannot be made is named", async () => {
  const { code, stderr } = await call(["chargeback", "--month", "2026-09", "--out", join(folder, "ledger.yaml", "below"), "--config", "ledger.yaml"], { cwd: folder });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/ledger\.yaml\/below cannot be made: .*\[file_unwritable\]\n.*--out/) as string]);
});
