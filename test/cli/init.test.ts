import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Ask } from "../../src/cli/commands/ask-for-settings.ts";
import { init } from "../../src/cli/commands/init.ts";
import { checkTeams } from "../../src/allocation/settings/check-teams.ts";
import { EXAMPLE_CONFIG } from "../../src/cli/commands/example-config.ts";
import { allocationSettings } from "../../src/open/allocation-settings.ts";
import { configuredBudgets } from "../../src/open/configured-budgets.ts";
import { configJsonSchema } from "../../src/config/config-json-schema.ts";
import { configSchema } from "../../src/config/config.ts";
import { writeRequests } from "../request-exports.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

/** The text with its examples in force: keys and list items behind a `#`. What is written twice is as it is written last. */
function withExamples(text: string): unknown {
  const uncommented = text.replace(/^# (?=\s*(?:[a-z_]+:|- ))/gm, "");
  return parse(uncommented, { uniqueKeys: false });
}

test("the example that init writes is valid with everything in it that is commented out", () => {
  const examples = withExamples(EXAMPLE_CONFIG);
  const config = configSchema.parse(examples);
  const sections = [
    "sources", "lake", "archive", "aperture", "dimensions", "directory", "allocation", "timezone", "prices", "providers", "limits", "notify", "alerts", "anomalies", "health",
    "smtp", "deliver", "reconciliation", "redis", "schedule", "http", "charges", "privacy",
  ];
  expect(Object.keys(examples as object).toSorted()).toEqual(sections.toSorted());

  expect(config.providers).toMatchObject([{ provider: "private-llm", counts: {} }, { provider: "lab-claude", billing: "metered", from: "2026-10-01" }]);
  const { archive, directory, allocation } = config;
  expect(archive).toMatchObject({ lock: { mode: "GOVERNANCE" }, redact: [{ name: "ticket", pattern: "ACME-\\d+" }], retention: [{ content: "bodies" }, { content: "records" }] });
  expect(directory.teams.map(({ name }) => name)).toEqual(["payments", "web", "platform"]);
  expect([allocation.rules, allocation.pools, allocation.adjustments].map(({ length }) => length)).toEqual([2, 1, 1]);
  expect(() => checkTeams(allocationSettings(config, []))).not.toThrow();
  expect(configuredBudgets(config, allocationSettings(config, [])).map(({ name, amount }) => [name, amount])).toEqual([
    ["company", 20_000_000_000_000n],
    ["payments on opus", 1_499_500_000_000n],
  ]);
});

test("a line of the example that stands for a default says the default", () => {
  const { allocation, archive, timezone, schedule, alerts, anomalies } = configSchema.parse(withExamples(EXAMPLE_CONFIG));
  const usual = configSchema.parse({});
  expect([allocation.several, allocation.tags, timezone, schedule.timezone]).toEqual([
    usual.allocation.several,
    usual.allocation.tags,
    usual.timezone,
    usual.schedule.timezone,
  ]);
  expect([archive.bodies, archive.purge]).toEqual([usual.archive.bodies, usual.archive.purge]);
  expect(alerts).toEqual(usual.alerts);
  expect(anomalies).toEqual({ ...configSchema.parse({ anomalies: {} }).anomalies, notify: ["ops"] });
});

const MODELINE = /^# yaml-language-server: \$schema=(\S+)\n/;

/** A folder with one export, in which nothing else is yet. */
function folderWithExports(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "exports"));
  writeRequests(join(folder, "exports"), [{ by: "ann@example.com", at: "2026-10-10T12:00:00Z", dollars: 3 }]);
  return folder;
}

describe("init with flags", () => {
  test("writes a file that runs as it is, from every folder, and does all that the flags say", async () => {
    const folder = folderWithExports();
    writeFileSync(join(folder, "gateway.hujson"), JSON.stringify({ providers: {} }));
    const flags = ["--source", "exports", "--lake", "lake", "--instance", "prod", "--gateway-config", "gateway.hujson", "--dimension", "repo=X-Github-Repository", "--timezone", "Europe/Berlin", "--redis", "redis://127.0.0.1:6380"];
    const { code, stdout } = await call(["init", ...flags], { cwd: folder });
    expect([code, stdout]).toEqual([0, "wrote aperture-ledger.yaml, and aperture-ledger.schema.json for editors\n"]);

    const text = readFileSync(join(folder, "aperture-ledger.yaml"), "utf8");
    const config = configSchema.parse(parse(text));
    expect(config).toMatchObject({
      sources: [{ name: "prod", url: join(folder, "exports") }],
      lake: join(folder, "lake"),
      aperture: { config: join(folder, "gateway.hujson") },
      timezone: "Europe/Berlin",
      redis: "redis://127.0.0.1:6380",
    });
    expect([...config.dimensions]).toEqual([["repo", "X-Github-Repository"]]);
    expect(text).toMatch(/^# limits:$/m);

    const ran = await call(["run", "--json", "--config", join(folder, "aperture-ledger.yaml")], { cwd: temporaryFolder() });
    expect(JSON.parse(ran.stdout)).toMatchObject({ exports: { ingested: 1 }, totals: { requests: 1 } });
  });

  test("keeps a value that YAML would read differently, and places that are urls", async () => {
    const folder = temporaryFolder();
    expect((await call(["init", "--source", "s3://exports/a#b: c?endpoint=http://127.0.0.1:9&region=x1", "--instance", "0041", "--lake", "s3://ledger/0x10", "--gateway-config", "http://ai"], { cwd: folder })).code).toBe(0);
    expect(parse(readFileSync(join(folder, "aperture-ledger.yaml"), "utf8"))).toEqual({
      sources: [{ name: "0041", url: "s3://exports/a#b: c?endpoint=http://127.0.0.1:9&region=x1" }],
      lake: "s3://ledger/0x10",
      aperture: { config: "http://ai" },
    });
  });

  test.each([
    ["without a lake", ["--source", "s3://exports"], /init cannot write a configuration that runs without --lake \[usage\]\n +add --lake, such as --lake s3:/],
    ["without a source", ["--lake", "s3://ledger"], /without --source \[usage\]/],
    ["with a variable", ["--source", "$SOURCE", "--lake", "s3://ledger"], /without variables.*\[config_invalid\]/s],
    ["with a lake inside its source", ["--source", "s3://exports", "--lake", "s3://exports/lake"], /lie inside each other \[url_invalid\]/],
    ["with a place that is none", ["--source", "ftp://exports", "--lake", "s3://ledger"], /ftp: is not a kind of store/],
  ])("%s it writes nothing and says what to do", async (_, flags, message) => {
    const folder = temporaryFolder();
    const { code, stderr } = await call(["init", ...flags], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message) as string]);
    expect(existsSync(join(folder, "aperture-ledger.yaml"))).toBe(false);
  });
});

describe("init without flags, and without a terminal", () => {
  test("writes the commented example, valid as it stands, and says what to set", async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await call(["init", "--out", "here.yaml"], { cwd: folder });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\nset sources and lake in here\.yaml\n$/) as string]);
    expect(readFileSync(join(folder, "here.yaml"), "utf8")).toBe(EXAMPLE_CONFIG);
    const { stderr } = await call(["run", "--config", "here.yaml", "--source", "/nowhere", "--lake", join(folder, "lake")], { cwd: folder });
    expect(stderr).not.toMatch(/config_invalid/);
  });

  test("writes a schema beside it that its first line leads to, and that is what config schema prints", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "etc"));
    await call(["init", "--out", "etc/ledger.yaml"], { cwd: folder });
    const [, schema = ""] = MODELINE.exec(readFileSync(join(folder, "etc/ledger.yaml"), "utf8")) ?? [];
    const written: unknown = JSON.parse(readFileSync(join(folder, "etc", schema), "utf8"));
    expect(written).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
    expect(written).toEqual(JSON.parse((await call(["config", "schema"])).stdout));
  });

  test("never overwrites a configuration or another schema without --force", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "aperture-ledger.yaml"), "mine");
    const refused = await call(["init"], { cwd: folder });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/aperture-ledger\.yaml already exists \[file_exists\]\n.*--force/) as string]);
    expect(readFileSync(join(folder, "aperture-ledger.yaml"), "utf8")).toBe("mine");
    expect((await call(["init", "--force"], { cwd: folder })).code).toBe(0);

    writeFileSync(join(folder, "aperture-ledger.schema.json"), "{}");
    expect((await call(["init", "--out", "other.yaml"], { cwd: folder })).stderr).toMatch(/aperture-ledger\.schema\.json already exists \[file_exists\]/);
    expect(existsSync(join(folder, "other.yaml"))).toBe(false);
  });

  test("accepts the schema of an earlier call", async () => {
    const folder = temporaryFolder();
    await call(["init"], { cwd: folder });
    expect((await call(["init", "--out", "second.yaml"], { cwd: folder })).code).toBe(0);
  });
});

describe("init on a terminal", () => {
  /** Somebody who gives these answers, and then presses Ctrl-D. */
  function answering(...answers: string[]): { ask: Ask; said: string[] } {
    const said: string[] = [];
    return { said, ask: { question: (text) => (said.push(text), Promise.resolve(answers.shift())), say: (text) => void said.push(text), close: () => said.push("closed") } };
  }

  test("asks for what is needed, and again where an answer cannot be used", async () => {
    const folder = folderWithExports();
    const out = join(folder, "ledger.yaml");
    const { ask, said } = answering("", "~/exports", join(folder, "exports"), "../x", "", join(folder, "exports/lake"), join(folder, "lake"), "");
    expect(await init({ out }, ask)).toBe(0);
    expect(said).toEqual([
      expect.stringMatching(/exporter write/),
      expect.stringMatching(/exporter write/),
      expect.stringMatching(/without ~, which are not replaced/),
      expect.stringMatching(/exporter write/),
      expect.stringMatching(/Name of that gateway/),
      expect.stringMatching(/name of letters and digits.*"\.\.\/x"/),
      expect.stringMatching(/Name of that gateway/),
      expect.stringMatching(/ledger kept/),
      expect.stringMatching(/lie inside each other/),
      expect.stringMatching(/ledger kept/),
      expect.stringMatching(/Address of the gateway/),
      "closed",
    ]);
    expect(parse(readFileSync(out, "utf8"))).toEqual({ sources: [{ name: "default", url: join(folder, "exports") }], lake: join(folder, "lake") });
  });

  test("asks for nothing that a flag says", async () => {
    const out = join(temporaryFolder(), "ledger.yaml");
    const { ask, said } = answering("s3://ledger");
    await init({ out, source: "s3://exports", instance: "prod", gatewayConfig: "http://ai" }, ask);
    expect(said).toEqual([expect.stringMatching(/ledger kept/), "closed"]);
  });

  test("writes nothing where the questions are not answered", async () => {
    const out = join(temporaryFolder(), "ledger.yaml");
    await expect(init({ out }, answering("s3://exports").ask)).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(/nothing was written/) as string });
    expect(existsSync(out)).toBe(false);
  });

  test("shows its questions there, and reads the answers", async () => {
    const folder = folderWithExports();
    const command = [process.execPath, join(import.meta.dirname, "../../src/cli/start.js"), "init"].join(" ");
    const child = spawn("script", ["-qec", command, "/dev/null"], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    const answers = ["exports", "prod", "lake", "http://ai"];
    let [shown, asked] = ["", 0];
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      shown += piece;
      const questions = shown.split("? ").length - 1;
      for (; asked < questions; asked++) child.stdin.write(`${answers[asked] ?? ""}\n`);
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
    expect(parse(readFileSync(join(folder, "aperture-ledger.yaml"), "utf8"))).toEqual({ sources: [{ name: "prod", url: join(folder, "exports") }], lake: join(folder, "lake"), aperture: { config: "http://ai" } });
    expect(shown).toMatch(/^Next: .* doctor\r?$/m);
  });
});
