import { spawn } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REQUIREMENTS } from "../services/requirements.ts";
import { freePorts } from "../services/service-processes.ts";
import { PACKED_FROM, packCheckout } from "../package/pack-checkout.ts";
import { copyProductionPackages } from "../package/production-packages.ts";
import { type Assembled, assembleStage, snapshot, type Stand } from "./assemble-stage.ts";
import { healthCommand, ROOT, serviceNamed } from "./compose-file.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { type Ended, runProgram, until } from "./processes.ts";

const NOBODY = 65_534;
/** Root may write whatever its mode says, so a run as root would prove nothing. */
const isRoot = process.getuid?.() === 0;
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {};

/** Instead of an installation the checkout's packages, and instead of another compilation the package that other tests use. */
const installed: Stand = async (script, cwd) => {
  const [first = "", ...rest] = script.split(" && ");
  if (first.startsWith("npm ci --omit=dev ")) await copyProductionPackages(cwd);
  else if (first.startsWith("npm ci ")) symlinkSync(join(ROOT, "node_modules"), join(cwd, "node_modules"));
  else if (first.startsWith("npm pack ")) await packCheckout(cwd);
  else return script;
  return rest.join(" && ");
};

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
    await assembleStage(dockerfile, "package", stages, join(folder, "package"), installed);
    await assembleStage(dockerfile, "build", stages, join(folder, "build"), installed);
    await assembleStage(dockerfile, "ledger", stages, join(folder, "ledger"));
    await assembleStage(dockerfile, "s3", stages, join(folder, "s3"));
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

  /** @returns arguments of Node. */
  function started(stage: string, args: readonly string[]): { args: string[]; cwd: string; env: NodeJS.ProcessEnv } {
    const { root, entrypoint: [program = "", ...words], workdir, env } = stages.get(stage)!;
    const inside = words.map((word) => (word.startsWith("/") ? join(root, word) : word));
    return { args: [...(program === "node" ? [] : [linkedProgram(stage, program)]), ...inside, ...args], cwd: join(root, workdir), env: { PATH: "/usr/bin:/bin", ...env } };
  }

  /** The link that a stage makes on the image's PATH, made in a folder. */
  function linkedProgram(stage: string, program: string): string {
    const made = dockerfile.stages.find(({ name }) => name === stage)?.instructions.find(({ text }) => text.endsWith(` /usr/local/bin/${program}`));
    const [, target] = /^ln -s (\S+) /.exec(made?.text ?? "") ?? [];
    if (target === undefined) throw new Error(`the stage ${stage} has no ${program} on its PATH`);
    const link = join(folder, program);
    if (!existsSync(link)) symlinkSync(join(stages.get(stage)!.root, target), link);
    return link;
  }

  async function call(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const program = started("ledger", args);
    return await runProgram(node, program.args, { cwd: program.cwd, ...identity, env: { ...program.env, PATH: folder, ...env }, timeout: 300_000 });
  }

  test("hold the production dependencies and none of the tools", () => {
    const modules = readdirSync(join(folder, "ledger/app/node_modules"));
    expect(modules).toEqual(expect.arrayContaining(["zod", "bullmq", "fastify", "@duckdb"]));
    expect(modules.filter((name) => ["node", "typescript", "@typescript", "vitest", "oxlint"].includes(name))).toEqual([]);
  });

  test("are made of what npm pack reads, and need no TypeScript", () => {
    expect(readdirSync(join(folder, "package/checkout")).sort()).toEqual([...PACKED_FROM, "node_modules", "package-lock.json", "package.tgz"].sort());
    expect(readdirSync(join(folder, "ledger/app"), { recursive: true, encoding: "utf8" }).filter((name) => !name.startsWith("node_modules") && /(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });

  test("hold nothing of the checkout but what the program is made of", () => {
    const own = ["CHANGELOG.md", "LICENSE", "README.md", "dist", "node_modules", "package-lock.json", "package.json"];
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

  test("are started with what bounds the memory of a worker", () => {
    expect(stages.get("ledger")?.env).toEqual({ NODE_OPTIONS: "--disable-proto=delete --max-semi-space-size=4", MALLOC_ARENA_MAX: "2" });
    expect(stages.get("build")?.env["NODE_OPTIONS"]).toBe(stages.get("ledger")?.env["NODE_OPTIONS"]);
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
    const before = snapshot(join(folder, "ledger"), exports, lake, TMPDIR);

    const { code, stdout, stderr } = await call(["run", "--json", "--source", exports, "--lake", lake], { TMPDIR });
    expect(code, stderr).toBe(0);

    const { distinct } = JSON.parse(simulated.stdout) as { distinct: { requests: number } };
    expect(JSON.parse(stdout)).toMatchObject({ totals: { requests: distinct.requests } });
    const changed = [...snapshot(join(folder, "ledger"), exports, lake, TMPDIR)].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
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
