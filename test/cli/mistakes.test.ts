import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

async function callWithConfig(yaml: string, args: readonly string[] = ["run"]): Promise<{ code: number | null; stderr: string }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "aperture-ledger.yaml"), yaml);
  return await call(args, { cwd: folder });
}

describe("a mistake in the call or the configuration exits with 2 and says what to do", () => {
  test.each([
    ["an unknown key", "sources: []\nlakes: s3://x\n", /aperture-ledger\.yaml: .*lakes/s],
    ["an unknown key inside a section", "aperture: {url: x}\n", /url.*aperture|aperture.*url/s],
    ["no YAML", "sources: [\n", /aperture-ledger\.yaml: .*line/s],
    ["a time zone that is none", "timezone: Mars/Olympus\n", /IANA time zone.*timezone/s],
    ["a gateway's name that would leave its place", "sources: [{name: ../x, url: /tmp}]\n", /sources\[0\]\.name/],
    ["a schedule that never comes", 'schedule:\n  timezone: Europe/Berlin\n  nightly: "0 0 31 4 *"\n', /"0 0 31 4 \*" is not a cron pattern: .*such as 30 1 \* \* \*.*schedule\.nightly \(line 3, column 12\)/s],
    ["an offset for a time zone", 'timezone: "+05:07"\n', /IANA time zone.*timezone/s],
    ["a dimension's name in capitals", "dimensions: {Repo: X-Repo}\n", /lower-case letters.*dimensions/s],
    ["a name twice", "sources: [{name: a, url: /a}, {name: a, url: /b}]\n", /same name/],
    ["a header that is none", 'dimensions: {repo: "X Repo: y"}\n', /dimensions\.repo/],
  ])("%s", async (_, yaml, message) => {
    const { code, stderr } = await callWithConfig(yaml);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\[config_invalid\]\n +\S/);
    expect(code).toBe(2);
  });

  test.each([
    ["an unknown flag", ["run", "--sauce", "x"], /unknown option '--sauce'/],
    ["an unknown command", ["walk"], /unknown command 'walk'/],
    ["no lake", ["run", "--source", "/tmp"], /no lake is given \[usage\]\n +.*--lake/],
    ["no source", ["run", "--lake", "/tmp/x"], /no source is given \[usage\]\n +.*--source/],
    ["a configuration file that is not there", ["run", "--config", "/nowhere.yaml"], /\/nowhere\.yaml cannot be read.*\[config_unreadable\]/],
    ["a kind of store that is none", ["run", "--source", "/tmp", "--lake", "ftp://x"], /ftp: is not a kind of store.*\[url_invalid\]/],
    ["a dimension without header", ["run", "--source", "/tmp", "--lake", "/tmp/x", "--dimension", "repo"], /--dimension repo is not name=Header/],
    ["a lake inside its source", ["run", "--source", "/tmp", "--lake", "/tmp/lake"], /lie inside each other \[url_invalid\]/],
    ["a gateway's name without its source", ["run", "--instance", "prod", "--lake", "/tmp/x"], /--instance prod is given without --source/],
    ["a day that is none", ["simulate", "--out", "/tmp/never", "--from", "2026-13-01"], /--from 2026-13-01 is not a date/],
    ["nonsense to simulate", ["simulate", "--out", "/tmp/never", "--days", "zero"], /days/],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await call(args, { cwd: temporaryFolder() });
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("a log level that is none", async () => {
    const { code, stderr } = await call(["run", "--source", "/nowhere", "--lake", "/tmp/x"], { env: { LOG_LEVEL: "loud" } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/LOG_LEVEL loud is not a level \[usage\]\n +choose one of .*info/) as string]);
  });

  test("does not repeat a password that stands in a url", async () => {
    const { code, stderr } = await call(["run", "--source", "s3://key:hunter2secret@bucket/x", "--lake", "/tmp/x"]);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/hunter2secret/);
  });

  test("--help names the commands and exits with 0", async () => {
    const { code, stdout } = await call(["--help"]);
    expect(code).toBe(0);
    for (const command of ["init", "doctor", "status", "run", "chargeback", "simulate", "config"]) expect(stdout).toContain(command);
  });
});

describe("aperture-ledger config schema", () => {
  test("prints a JSON Schema that names every section", async () => {
    const { code, stdout } = await call(["config", "schema"]);
    expect(code).toBe(0);
    const schema = JSON.parse(stdout) as { properties: Record<string, unknown>; additionalProperties: boolean };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(["sources", "lake", "archive", "aperture", "directory", "dimensions", "schedule", "redis", "timezone"]),
    );
    expect(schema.additionalProperties).toBe(false);
  });
});

describe("aperture-ledger simulate", () => {
  test("writes the same bytes for the same seed, others for another", async () => {
    const [one, two, three] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const digest = async (folder: string, seed: string): Promise<string> => {
      await call(["simulate", "--out", folder, "--days", "2", "--records", "300", "--seed", seed]);
      return JSON.stringify(digestsOf(folder));
    };
    const first = await digest(one, "a");
    expect(await digest(two, "a")).toBe(first);
    expect(await digest(three, "b")).not.toBe(first);
    for (const name of ["aperture-config.hujson", "policy.hujson"]) expect(existsSync(join(one, name))).toBe(true);
  });
});

function digestsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).toSorted();
  return Object.fromEntries(names.map((name) => [name, createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")]));
}
