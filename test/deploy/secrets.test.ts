import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { generateKeys } from "../../src/archive/chain/signing-key.ts";
import { findSecret } from "../../src/open/find-secret.ts";
import { notifyingSettings } from "../../src/open/alert-settings.ts";
import { secretsOf } from "../../src/open/configured-targets.ts";
import { checkConfig } from "../../src/config/reading/settings.ts";
import { resolveTarget } from "../../src/messages/target.ts";
import { call } from "../cli/call.ts";
import { temporaryFolder } from "../test-ledger.ts";
import { composeServices, containerEnvironment, mountedPath, ROOT } from "./compose-file.ts";
import { parseDockerfile } from "./dockerfile.ts";

const KEYS = ["APERTURE_LEDGER_SIGNING_KEY", "APERTURE_LEDGER_ERASURE_KEY", "APERTURE_LEDGER_PRIVACY_KEY"] as const;

function fileWith(text: string): string {
  const file = join(temporaryFolder(), "secret");
  writeFileSync(file, text);
  return file;
}

describe("secrets as docker-compose.yml passes them", () => {
  test.each(["worker", "ledger"])("the archive's keys reach %s as files, and as nothing else", async (name) => {
    const host = { APERTURE_LEDGER_SIGNING_KEY_FILE: fileWith("signing\n"), APERTURE_LEDGER_ERASURE_KEY_FILE: fileWith("erasing\n"), APERTURE_LEDGER_PRIVACY_KEY_FILE: fileWith("hiding\n") };
    const environment = containerEnvironment(name, host);
    const found = await Promise.all(KEYS.map(async (variable) => (await findSecret(undefined, variable, environment))?.text));
    expect(found).toEqual(["signing\n", "erasing\n", "hiding\n"]);
    expect(Object.keys(environment).filter((variable) => /SIGNING|ERASURE|PRIVACY/.test(variable) && !variable.endsWith("_FILE"))).toEqual([]);
  });

  test("the program signs with such a key", async () => {
    const { privateKey, publicKey } = generateKeys();
    const env = containerEnvironment("worker", { APERTURE_LEDGER_SIGNING_KEY_FILE: fileWith(privateKey) });
    const { code, stdout, stderr } = await call(["archive", "keys", "--show", "--json"], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ pem: publicKey });
  });

  test.each(["worker", "ledger"])("what is not configured is no key of %s, and no mistake", async (name) => {
    const environment = containerEnvironment(name, {});
    for (const variable of KEYS) expect(await findSecret(undefined, variable, environment)).toBeUndefined();
  });

  test("the real ledger's keys do not sign demonstrations", async () => {
    const environment = containerEnvironment("worker-local", Object.fromEntries(KEYS.map((variable) => [`${variable}_FILE`, fileWith("real")])));
    for (const variable of KEYS) expect(await findSecret(undefined, variable, environment)).toBeUndefined();
    expect(composeServices().services["worker-local"]?.secrets).toEqual([]);
  });

  test("alerts are sent to the url and signed with the secret in files", () => {
    const host = { APERTURE_LEDGER_NOTIFY_URL_FILE: fileWith("https://hooks.example.com/T0/secret\n"), APERTURE_LEDGER_NOTIFY_SECRET_FILE: fileWith("hmac\n") };
    const path = (secret: string): string => mountedPath("worker", `/run/secrets/${secret}`, host);
    const config = checkConfig({ notify: [{ name: "ops", kind: "webhook", url_file: path("notify_url"), secret_file: path("notify_secret") }] }, "the test");
    const [target] = notifyingSettings(config).targets;
    if (target?.kind !== "webhook") throw new Error("no webhook");
    expect(resolveTarget(target, secretsOf(config, {}))).toEqual({ url: "https://hooks.example.com/T0/secret", secret: "hmac" });
    const unset = checkConfig({ notify: [{ name: "ops", kind: "webhook", url_file: "/dev/null" }] }, "the test");
    expect(resolveTarget({ name: "ops", kind: "webhook", urlEnv: "/dev/null", timeoutMilliseconds: 1 }, secretsOf(unset, {}))).toEqual({ unusable: "url_missing", variable: "/dev/null" });
  });

  test.each([
    [{ url_file: "secret" }, "absolute path"],
    [{ url_file: "/run/secrets/a", url: "https://x.example/" }, "exactly one of url and url_env"],
    [{ url: "https://x.example/", secret_env: "A", secret_file: "/run/secrets/a" }, "one of secret_env and secret_file"],
  ])("%j is a mistake", (target, message) => {
    expect(() => checkConfig({ notify: [{ name: "ops", kind: "webhook", ...target }] }, "the test")).toThrow(message);
  });
});

describe("a secret that is looked for", () => {
  test("is that of the configured file, then of the variable, then of the file that a variable names", async () => {
    const [configured, named] = [fileWith("configured"), fileWith("named")];
    const env = { KEY: "set", KEY_FILE: named };
    expect(await findSecret(configured, "KEY", env)).toMatchObject({ text: "configured" });
    expect(await findSecret(undefined, "KEY", env)).toMatchObject({ text: "set", where: "KEY" });
    expect(await findSecret(undefined, "KEY", { KEY_FILE: named })).toMatchObject({ text: "named", where: named });
    expect(await findSecret(undefined, "KEY", {})).toBeUndefined();
  });

  test("is a mistake where its file is empty or missing: work that should be signed is not done unsigned", async () => {
    const empty = fileWith("\n");
    await expect(findSecret(undefined, "KEY", { KEY_FILE: empty })).rejects.toMatchObject({ code: "key_unusable", message: `${empty} is empty` });
    await expect(findSecret(undefined, "KEY", { KEY_FILE: `${empty}.gone` })).rejects.toMatchObject({ code: "key_unusable" });
  });
});

const lockFile = z.object({ packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional(), optionalDependencies: z.record(z.string(), z.string()).default({}) })) });

describe("the production runtime", () => {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  const { stages } = parseDockerfile(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
  const scripts = stages.flatMap(({ name, instructions }) => instructions.filter(({ keyword }) => keyword === "RUN").map(({ text }) => ({ name, text })));
  const calls = scripts.flatMap(({ name, text }) => [...text.matchAll(/\bnpm [^&]*/g)].map(([line]) => `${name}: ${line.trim()}`));

  test("is installed from the lock alone, and runs no script of a package; what compiles it is installed likewise, and stays behind", () => {
    const quiet = "--ignore-scripts --no-audit --no-fund";
    expect(calls).toEqual([`package: npm ci ${quiet}`, "package: npm pack --loglevel=error", `build: npm ci --omit=dev ${quiet}`]);
    const taken = stages.flatMap(({ instructions }) => instructions.filter(({ flags }) => flags["from"] === "package").map(({ words }) => words[0]));
    expect(taken).toEqual(["/checkout/package.tgz"]);
  });

  test("has no Node but the image's: the package that brings one is for the tests", () => {
    expect(manifest.dependencies).not.toHaveProperty("node");
    expect(packages["node_modules/node"]).toMatchObject({ dev: true });
  });

  test("is locked for every platform: each optional package of a dependency has its place and its digest", () => {
    const optional = Object.values(packages).flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies));
    expect(optional).toContain("@duckdb/node-bindings-linux-arm64");
    expect(optional.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
    expect(Object.entries(packages).flatMap(([place, { integrity }]) => (place !== "" && integrity === undefined ? [place] : []))).toEqual([]);
  });
});
