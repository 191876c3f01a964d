import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { asCalled, type CalledProcess, calledAs, HINTED_COMMANDS } from "../../src/cli/called-as.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { serviceNamed, ROOT } from "../deploy/compose-file.ts";
import { runProgram } from "../deploy/processes.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { call } from "./call.ts";

afterEach(() => vi.unstubAllEnvs());

/** Environments as npm 11 sets them. */
const NPX = { npm_command: "exec", npm_lifecycle_event: "npx", npm_config_local_prefix: "/home/ann/costs", PATH: "/home/ann/costs/node_modules/.bin:/usr/bin" };
const SCRIPT = { npm_command: "run", npm_lifecycle_event: "nightly", npm_config_local_prefix: "/home/ann/costs", PATH: "/home/ann/costs/node_modules/.bin:/usr/bin" };
const CHECKOUT = { npm_command: "run", npm_package_json: "/src/ledger/package.json", npm_config_local_prefix: "/src/ledger", PATH: "/src/ledger/node_modules/.bin:/usr/bin" };

const inCosts = { argv0: "node", program: "/home/ann/costs/node_modules/.bin/aperture-ledger", cwd: "/home/ann/costs" };
const inCheckout = { argv0: "node", program: "/src/ledger/src/cli/start.js", cwd: "/src/ledger" };

describe("what a user types before the name of a command", () => {
  test.each<[string, string, CalledProcess]>([
    ["found on the PATH", "aperture-ledger", { argv0: "node", program: "/usr/local/bin/aperture-ledger", cwd: "/home/ann", env: { PATH: "/usr/local/bin:/usr/bin" } }],
    ["found on the PATH, below an npm script", "aperture-ledger", { argv0: "node", program: "/usr/local/bin/aperture-ledger", cwd: "/home/ann", env: { ...SCRIPT, PATH: `${SCRIPT.PATH}:/usr/local/bin` } }],
    ["found in a relative folder of the PATH", "aperture-ledger", { argv0: "node", program: "/home/ann/bin/aperture-ledger", cwd: "/home/ann", env: { PATH: "bin" } }],
    ["npx", "npx aperture-ledger", { ...inCosts, env: NPX }],
    ["a script of the user's own package.json", "npx aperture-ledger", { ...inCosts, env: SCRIPT }],
    ["npx of a package that no folder has", "/home/ann/.npm/_npx/1f/node_modules/.bin/aperture-ledger", { ...inCosts, program: "/home/ann/.npm/_npx/1f/node_modules/.bin/aperture-ledger", env: NPX }],
    ["by its path", "./node_modules/.bin/aperture-ledger", { ...inCosts, env: { PATH: "/usr/bin" } }],
    ["by its path from elsewhere", "/home/ann/costs/node_modules/.bin/aperture-ledger", { ...inCosts, cwd: "/home/ann/other", env: { PATH: "/usr/bin" } }],
    ["npm run ledger", "npm run -s ledger --", { ...inCheckout, env: { ...CHECKOUT, npm_lifecycle_event: "ledger" } }],
    ["npm run demo", "npm run -s ledger --", { ...inCheckout, env: { ...CHECKOUT, npm_lifecycle_event: "demo" } }],
    ["another project's script of that name", "node /src/ledger/src/cli/start.js", { ...inCheckout, cwd: "/home/ann", env: { ...SCRIPT, npm_lifecycle_event: "ledger", npm_package_json: "/home/ann/package.json" } }],
    ["node", "node src/cli/start.js", { ...inCheckout, env: {} }],
    ["node by its path, in a folder with a space", "/opt/node/bin/node '/home/ann/my ledger/src/cli/start.js'", { argv0: "/opt/node/bin/node", program: "/home/ann/my ledger/src/cli/start.js", cwd: "/etc", env: {} }],
    ["a folder whose name is made to mislead", "node '/tmp/a'\\''; rm -rf ~ [U+001B]/start.js'", { argv0: "node", program: "/tmp/a'; rm -rf ~ \u001B/start.js", cwd: "/home", env: {} }],
    ["a wrapper that says so", "docker compose run --rm ledger", { ...inCosts, env: { ...NPX, APERTURE_LEDGER_CALLED_AS: "docker compose run --rm ledger" } }],
    ["a wrapper that says nothing", "npx aperture-ledger", { ...inCosts, env: { ...NPX, APERTURE_LEDGER_CALLED_AS: "" } }],
  ])("%s", (_, typed, called) => {
    expect(calledAs(called)).toBe(typed);
  });

  test.each([
    ["worker", "docker compose run --rm ledger"],
    ["ledger", "docker compose run --rm ledger"],
    ["worker-local", "docker compose run --rm worker-local"],
  ])("docker-compose.yml says it for %s", (service, typed) => {
    expect(calledAs({ argv0: "node", program: "/usr/local/bin/aperture-ledger", cwd: "/data", env: { PATH: "/usr/local/bin", ...cleared(serviceNamed(service).environment) } })).toBe(typed);
  });
});

describe("hints", () => {
  test.each([
    ["call aperture-ledger run, then `aperture-ledger status`", "call npx aperture-ledger run, then `npx aperture-ledger status`"],
    ["Usage: aperture-ledger [options] [command]", "Usage: npx aperture-ledger [options] [command]"],
    ["this version of aperture-ledger calculates different figures", undefined],
    ["aperture-ledger running and aperture-ledger's own", undefined],
    ["/opt/aperture-ledger run", undefined],
    ["my-aperture-ledger run", undefined],
  ])("%s", (text, called = text) => {
    vi.stubEnv("APERTURE_LEDGER_CALLED_AS", "npx aperture-ledger");
    expect(asCalled(text)).toBe(called);
  });

  test("know every command", () => {
    const names = buildProgram(() => undefined, () => new Date()).commands.map((command) => command.name());
    expect(HINTED_COMMANDS).toEqual(expect.arrayContaining(names));
  });

  test("appear so in results, errors and help, and as they are in JSON", async () => {
    const [cwd, env] = [temporaryFolder(), { APERTURE_LEDGER_CALLED_AS: "ledger of acme" }];
    const said = async (...args: string[]) => await call(args, { cwd, env });
    expect((await said("limits", "--lake", join(cwd, "lake"))).stdout).toContain("ledger of acme init writes an example");
    expect((await said("status", "--config", "missing.yaml")).stderr).toContain("write one with ledger of acme init\n");
    expect((await said("status", "--help")).stdout).toMatch(/^Usage: ledger of acme status /);
    const { stdout } = await said("doctor", "--lake", join(cwd, "lake"), "--json");
    expect(stdout).toContain("aperture-ledger archive keys");
    expect(stdout).not.toContain("ledger of acme");
  });

  test("of a checkout are commands of npm run", async () => {
    const { PATH = "" } = process.env;
    const { code, stderr } = await runProgram("npm", ["run", "-s", "ledger", "--", "status", "--config", "missing.yaml"], { cwd: ROOT, env: { HOME: temporaryFolder(), PATH: `${dirname(process.execPath)}:${PATH}` } });
    expect(code).toBe(2);
    expect(stderr).toContain("write one with npm run -s ledger -- init\n");
  });
});

function cleared(environment: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}
