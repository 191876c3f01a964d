import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { addDays, dayOf } from "../../src/ledger/days.ts";
import { FEW_DAYS } from "../../src/simulate/two-months.ts";
import { intoFolder, SealedArchive } from "../archive/sealed-archive.ts";
import { testKey } from "../archive/sign-now.ts";
import { ROOT } from "../deploy/compose-file.ts";
import { type Ended, runProgram } from "../deploy/processes.ts";
import { writeRequests } from "../request-exports.ts";
import { NODE_22_PATH } from "../services/node-22/folder.ts";
import { packCheckout } from "./pack-checkout.ts";
import { copyProductionPackages } from "./production-packages.ts";

const NODES = [
  ["24", dirname(process.execPath)],
  ["22", NODE_22_PATH],
] as const;

/** An empty folder of a user, into which npm installs the tarball. Nothing of the checkout is in reach. */
describe("the package", () => {
  let folder: string;
  let installed: string;

  /** Of the environment only what a login shell has: this process may run below `npm test`. */
  async function shell(script: string, path: string = NODES[0][1], cwd = folder): Promise<Ended> {
    const system = (process.env["PATH"] ?? "").split(":").filter((place) => !place.includes("node_modules"));
    const env = { HOME: folder, TMPDIR: tmpdir(), PATH: [path, ...system].join(":"), npm_config_offline: "true", npm_config_update_notifier: "false" };
    return await runProgram("/bin/sh", ["-c", script], { cwd, env, timeout: 300_000 });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aperture-ledger-package-"));
    installed = join(folder, "node_modules/aperture-ledger");
    await copyProductionPackages(folder);
    const tarball = await packCheckout(folder);
    const { code, stderr } = await shell(`npm install --ignore-scripts --no-audit --no-fund --loglevel=error ${tarball}`);
    if (code !== 0) throw new Error(stderr);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("holds each source as JavaScript with its source map and types, and no test", () => {
    const compiled = filesBelow(join(installed, "dist"));
    const sources = ["src", "jobs"].flatMap((name) => filesBelow(join(ROOT, name)).map((file) => join(name, file)));
    const stems = sources.map((file) => file.replace(/\.[tj]s$/, ""));
    expect(compiled).toEqual(stems.flatMap((stem) => [`${stem}.d.ts`, `${stem}.js`, `${stem}.js.map`]).sort());
    // A source that is neither TypeScript nor JavaScript would not have come along.
    expect(sources.filter((file) => !/\.[tj]s$/.test(file))).toEqual([]);
    expect(readdirSync(installed).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"]);
  });

  test("names no file of the sources in its code", () => {
    const named = filesBelow(join(installed, "dist")).filter((file) => file.endsWith(".js") && /["'`]\.{1,2}\/[^"'`\n]*\.ts["'`]/.test(readFileSync(join(installed, "dist", file), "utf8")));
    expect(named).toEqual([]);
  });

  test("has source maps that lead to the sources", () => {
    const { sources } = JSON.parse(readFileSync(join(installed, "dist/src/cli/main.js.map"), "utf8")) as { sources: string[] };
    expect(sources).toEqual(["../../../src/cli/main.ts"]);
  });

  test("depends on no development dependency, and on no Node of its own", () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as typeof manifest;
    expect(dependencies).toEqual(manifest.dependencies);
    for (const name of ["node", "typescript", "vitest"]) expect(existsSync(join(folder, "node_modules", name)), name).toBe(false);
  });

  test.each(NODES)("shows the demo on Node %s by npx, and its hints name npx", async (version, path) => {
    expect((await shell("node --version", path)).stdout).toMatch(new RegExp(`^v${version}\\.`));
    const out = join(folder, `demo on ${version}`);
    const { code, stdout, stderr } = await shell(`npx aperture-ledger demo --small --out '${out}'`, path);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`: ${String(FEW_DAYS.records)} requests in `);
    const page = join(out, "lake/reports/2026-10/chargeback.html");
    expect(stdout).toContain(`Open in a browser: ${pathToFileURL(page).href}`);
    expect(readFileSync(page, "utf8")).toContain("</html>");
    expect(stdout).toContain("verified     nothing is missing or altered");
    expect(stdout).toMatch(/: npx aperture-ledger explain --config /);
  });

  test("reports the same on both", () => {
    const reports = NODES.map(([version]) => JSON.parse(readFileSync(join(folder, `demo on ${version}`, "lake/reports/2026-10/chargeback.json"), "utf8")) as { total: { requests: number; cost_usd: string } });
    expect(reports[0]?.total.requests).toBeGreaterThan(0);
    expect(reports[1]?.total).toEqual(reports[0]?.total);
  });

  test("says with an older Node which one it needs, in a line and with code 2", async () => {
    const older = "data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })";
    const { code, stdout, stderr } = await shell(`node --import "${older}" node_modules/.bin/aperture-ledger --help`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^aperture-ledger needs Node 22\.18 or later, and this is 20\.20\.2 at \S+\n$/);
  });

  test("says in its hints how it was called", async () => {
    const missing = "status --config missing.yaml";
    const hint = async (call: string, cwd?: string): Promise<string | undefined> => /or write one with (.*) init/.exec((await shell(`${call} ${missing}`, undefined, cwd)).stderr)?.[1];
    expect(await hint("PATH=$PWD/node_modules/.bin:$PATH; aperture-ledger")).toBe("aperture-ledger");
    expect(await hint("npx aperture-ledger")).toBe("npx aperture-ledger");
    expect(await hint("node_modules/.bin/aperture-ledger")).toBe("./node_modules/.bin/aperture-ledger");
    expect(await hint("node node_modules/aperture-ledger/dist/src/cli/start.js")).toBe("node node_modules/aperture-ledger/dist/src/cli/start.js");
  });

  describe("for programs that import it", () => {
    const page = readFileSync(join(ROOT, "docs/library.md"), "utf8");
    const programs = [...page.matchAll(/^```ts\n\/\/ ([\w-]+\.ts): .*\n([^`]*(?:`[^`]+`[^`]*)*?)^```$/gm)].map(([, name = "", text = ""]) => ({ name, text }));

    beforeAll(() => {
      for (const { name, text } of programs) writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, "package.json"), JSON.stringify({ ...(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object), type: "module" }));
    });

    test("has the types that the examples of the page compile with", async () => {
      mkdirSync(join(folder, "node_modules/@types"));
      symlinkSync(join(ROOT, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
      writeFileSync(join(folder, "wrong.ts"), `import { readRecords } from "aperture-ledger/reader";\nreadRecords(1);\n`);
      const options = ["--noEmit", "--strict", "--target", "es2024", "--module", "nodenext", "--types", "node"];
      const compile = async (...files: string[]): Promise<string> => (await runProgram(join(ROOT, "node_modules/.bin/tsc"), [...options, ...files], { cwd: folder, timeout: 120_000 })).stdout;
      const [right, wrong] = await Promise.all([compile(...programs.map(({ name }) => name)), compile("wrong.ts")]);
      expect(right).toBe("");
      expect(wrong).toContain("wrong.ts(2,13): error TS2345");
    });

    test("reads exports", async () => {
      writeRequests(join(folder, "exports"), [
        { by: "ann@example.com", at: "2026-10-05T12:00:00Z", model: "claude-sonnet-4-6", dollars: 8 },
        { by: "bob@example.com", at: "2026-10-05T13:00:00Z", model: "claude-sonnet-4-6", dollars: 0.5 },
      ]);
      const { code, stdout, stderr } = await shell("node usage-of.ts exports/*.cbor.zstd", NODE_22_PATH);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toBe("claude-sonnet-4-6 8500000000n\n");
    });

    test("verifies archives, and finds a changed byte", async () => {
      const archive = join(folder, "archive of prod");
      const { privateKey, publicKey } = generateKeys();
      const sealed = new SealedArchive(intoFolder(archive), testKey(privateKey));
      const yesterday = addDays(dayOf(new Date(), "UTC"), -1);
      await sealed.addDays(yesterday, 2, ["prod"], 1);
      writeFileSync(join(folder, "key.pem"), publicKey);
      const verify = "node verify-archive.ts 'archive of prod' key.pem";
      const good = await shell(verify, NODE_22_PATH);
      expect(good).toMatchObject({ code: 0, stderr: "" });
      expect(good.stdout).toMatch(/^prod: 2 exports, newest digest [0-9a-f]{64}\n/);
      appendFileSync(join(archive, `archive/prod/${yesterday.replaceAll("-", "/")}/export-0.cbor.zstd`), "!");
      const bad = await shell(verify, NODE_22_PATH);
      expect(bad).toMatchObject({ code: 1, stderr: "" });
      expect(bad.stdout).toContain("\naltered: archive/prod/");
    });

    test("exports nothing else but its manifest", async () => {
      const { stdout } = await shell(`node --input-type=module -e '
        const { default: manifest } = await import("aperture-ledger/package.json", { with: { type: "json" } });
        const refused = await import("aperture-ledger/dist/src/cli/main.js").catch(({ code }) => code);
        console.log(manifest.version, refused);'`);
      expect(stdout).toBe(`${manifest.version} ERR_PACKAGE_PATH_NOT_EXPORTED\n`);
    });
  });
});

/** Paths relative to the folder, in order. */
function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort();
}
