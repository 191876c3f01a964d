import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { call } from "../cli/call.ts";
import { describeMissing, findCommand, SYSTEMD } from "../services/requirements.ts";
import { ROOT } from "./compose-file.ts";
import { runProgram } from "./processes.ts";
import { readUnit } from "./unit-file.ts";

const UNIT = join(ROOT, "docs/aperture-ledger.service");
const NODE = "/usr/bin/node";
const INSTALLED = "/opt/aperture-ledger";
const CONFIGURATION = "/etc/aperture-ledger/aperture-ledger.yaml";

describe("the systemd unit", () => {
  const service = readUnit(UNIT).get("Service");
  const settings = Object.fromEntries([...(service ?? [])].map(([key, values]) => [key, values.at(-1)]));
  const [program = "", ...words] = (settings["ExecStart"] ?? "").split(" ");
  const at = words.findIndex((word) => !word.startsWith("-"));
  const [flags, script = "", args] = [words.slice(0, at), words[at], words.slice(at + 1)];
  let folder: string;

  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "aperture-ledger-unit-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("starts the program of the package", () => {
    expect(script).toBe(`${INSTALLED}/${manifest.bin["aperture-ledger"]}`);
  });

  test("runs on the system's Node, not on one that the installation of packages fetched", () => {
    expect(program).toBe(NODE);
  });

  test("starts Node so that no name reaches a prototype, and as npm run ledger does", () => {
    expect(flags).toContain("--disable-proto=delete");
    expect(service?.get("Environment")).toContain("MALLOC_ARENA_MAX=2");
    expect(manifest.scripts.ledger).toBe(`node ${flags.join(" ")} src/cli/start.js`);
  });

  test("calls a worker with the schedules and its configuration, as the command line understands it", async () => {
    expect(args).toEqual(expect.arrayContaining(["worker", "--schedule", "--config", CONFIGURATION]));
    const missing = join(folder, "missing.yaml");
    // All options are read before the configuration is looked for.
    const { code, stderr } = await call(args.map((word) => (word === CONFIGURATION ? missing : word)));
    expect(stderr).toContain(`${missing} cannot be read`);
    expect(stderr).toContain("[config_unreadable]");
    expect(code).toBe(Number(settings["RestartPreventExitStatus"]));
  });

  test("gives the worker no rights and nothing to write but folders of its own", () => {
    expect(settings).toMatchObject({
      DynamicUser: "yes",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      PrivateTmp: "yes",
      NoNewPrivileges: "yes",
      CapabilityBoundingSet: "",
      StateDirectory: "aperture-ledger",
      CacheDirectory: "aperture-ledger",
    });
    expect(settings).not.toHaveProperty("ReadWritePaths");
  });

  test("waits longer for its end than the worker takes, and starts it again after a failure", () => {
    expect(Number(settings["TimeoutStopSec"])).toBeGreaterThan(10);
    expect(settings["Restart"]).toBe("on-failure");
  });

  test("holds no credentials", () => {
    expect(settings["EnvironmentFile"]).toMatch(/^-?\/etc\/aperture-ledger\//);
    expect(service?.get("Environment")?.filter((line) => /KEY|SECRET|PASSWORD|TOKEN/.test(line))).toEqual([]);
  });

  test("is one by systemd's own judgement", async () => {
    const analyze = findCommand("systemd-analyze");
    if (analyze === undefined) throw new Error(describeMissing([SYSTEMD]));
    const here = join(folder, "aperture-ledger.service");
    writeFileSync(here, readFileSync(UNIT, "utf8").replaceAll(script, join(ROOT, "src/cli/start.js")).replaceAll(NODE, process.execPath));
    const { code, stderr } = await runProgram(analyze, ["verify", "--man=no", here]);
    expect({ code, about: stderr.split("\n").filter((line) => line.includes("aperture-ledger")) }).toEqual({ code: 0, about: [] });
  });
});
