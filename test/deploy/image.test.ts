import { spawn } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REQUIREMENTS } from "../services/requirements.ts";
import { freePorts } from "../services/service-processes.ts";
import { type Assembled, assembleStage, snapshot } from "./assemble-stage.ts";
import { healthCommand, ROOT, serviceNamed } from "./compose-file.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { type Ended, runProgram, until } from "./processes.ts";

const NOBODY = 65_534;
/** Root may write whatever its mode says, so a run as root would prove nothing. */
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** There is no engine here: the stages' files are put together in folders, and started from there as the image would be. */
describe("the image's files", () => {
  const dockerfile = parseDockerfile(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
  const stages = new Map<string, Assembled>();
  let folder: string;
  let node: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-image-"));
    chmodSync(folder, 0o755);
    node = join(folder, "node");
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    await assembleStage(dockerfile, "build", stages, join(folder, "build"), true);
    await assembleStage(dockerfile, "ledger", stages, join(folder, "ledger"), false);
    await assembleStage(dockerfile, "s3", stages, join(folder, "s3"), false);
    for (const name of ["ledger", "s3"]) await runProgram("chmod", ["-R", "a-w", join(folder, name)]);
  }, 600_000);
  afterAll(async () => {
    await runProgram("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** A folder that the image's user may write to, as a volume would be. */
  function volume(name: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    if (isRoot) chownSync(path, NOBODY, NOBODY);
    return path;
  }

  function started(stage: string, args: readonly string[]): { args: string[]; cwd: string } {
    const { root, entrypoint, workdir } = stages.get(stage)!;
    expect(entrypoint[0]).toBe("node");
    return { args: [...entrypoint.slice(1).map((word) => (word.startsWith("/") ? join(root, word) : word)), ...args], cwd: join(root, workdir) };
  }

  async function call(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const program = started("ledger", args);
    return await runProgram(node, program.args, { cwd: program.cwd, ...identity, env: { PATH: "/usr/bin:/bin", ...env }, timeout: 300_000 });
  }

  test("hold the production dependencies and none of the tools", () => {
    const modules = readdirSync(join(folder, "ledger/app/node_modules"));
    expect(modules).toEqual(expect.arrayContaining(["zod", "bullmq", "fastify", "@duckdb"]));
    expect(modules.filter((name) => ["node", "typescript", "vitest", "oxlint"].includes(name))).toEqual([]);
  });

  test("hold nothing of the checkout but what the program is made of", () => {
    const own = ["LICENSE", "jobs", "node_modules", "package-lock.json", "package.json", "src"];
    expect(readdirSync(join(folder, "ledger/app")).sort()).toEqual(own);
    expect(readdirSync(join(folder, "ledger")).sort()).toEqual(["app", "data"]);
    expect(readdirSync(join(folder, "s3/app/test"))).toEqual(["services"]);
  });

  test("carry a compile cache for the user that built them", () => {
    const cache = join(folder, "ledger/app/node_modules/.cache/aperture-ledger");
    const [version = ""] = readdirSync(cache);
    expect(version).toContain(`v${process.versions.node}`);
    expect(readdirSync(join(cache, version)).length).toBeGreaterThan(0);
  });

  test("print their help where nothing can be written", async () => {
    const { code, stdout, stderr } = await call(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: aperture-ledger");
  });

  test("do a whole pass, writing to the lake and to TMPDIR only, and leave TMPDIR empty", async () => {
    const exports = volume("exports");
    const lake = volume("lake");
    const TMPDIR = volume("scratch");
    const simulated = await call(["simulate", "--out", exports, "--days", "2", "--records", "200", "--json"], { TMPDIR });
    expect(simulated.code, simulated.stderr).toBe(0);
    await runProgram("chmod", ["-R", "a-w", exports]);
    const before = snapshot(folder);

    const { code, stdout, stderr } = await call(["run", "--json", "--source", exports, "--lake", lake], { TMPDIR });
    expect(code, stderr).toBe(0);

    const { distinct } = JSON.parse(simulated.stdout) as { distinct: { requests: number } };
    expect(JSON.parse(stdout)).toMatchObject({ totals: { requests: distinct.requests } });
    const changed = [...snapshot(folder)].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
    expect(changed.filter((path) => !path.startsWith(lake) && path !== TMPDIR)).toEqual([]);
    expect(changed.length).toBeGreaterThan(0);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  test("of the S3 server install the packages that the tests' server needs", () => {
    const install = dockerfile.stages.find(({ name }) => name === "s3")?.instructions.find(({ keyword }) => keyword === "RUN");
    const packages = REQUIREMENTS.find(({ commands }) => commands.includes("radosgw"))?.packages ?? [];
    expect(install?.text).toContain(`install -y --no-install-recommends ${packages.join(" ")} `);
  });

  test("of the S3 server serve what docker-compose.yml says, and are healthy by its check", async () => {
    const [port = 0] = await freePorts(1);
    const TMPDIR = volume("ceph");
    const onLoopback = (word: string): string => word.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/\b9000\b/, String(port));
    const program = started("s3", serviceNamed("s3").command.map(onLoopback));
    const [, ...check] = healthCommand("s3").map(onLoopback);
    const health = async (): Promise<number> => (await runProgram(node, check)).code;
    expect(await health()).toBe(1);

    const env = { PATH: process.env["PATH"], TMPDIR };
    const server = spawn(node, program.args, { cwd: program.cwd, ...identity, env, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      await until("the S3 server is healthy", async () => (await health()) === 0, 90);
    } finally {
      server.kill("SIGTERM");
      await ended;
    }
    expect(await health()).toBe(1);
    expect(existsSync(TMPDIR) && readdirSync(TMPDIR)).toEqual([]);
  }, 600_000);
});
