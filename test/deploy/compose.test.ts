import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type AnySchemaObject, Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { composeServices, fillIn, readCompose, ROOT } from "./compose-file.ts";
import { contextFilter } from "./docker-ignore.ts";
import { parseDockerfile } from "./dockerfile.ts";

/** The compose specification's own schema; Docker's linter of that name carries it. */
const SCHEMA = join(ROOT, "node_modules/dclint/schemas/compose.schema.json");
/** A version to its last part, or a digest. */
const PINNED = /(?::\d+\.\d+\.\d+(?:-[\w.-]+)?|@sha256:[0-9a-f]{64})$/;
const SECRET = /(SECRET|PASSWORD|TOKEN|ACCESS_KEY)/;

/** Complaints of the specification about a compose file. */
function complaints(compose: unknown): string[] {
  // Its `$schema` is an address that Ajv does not know draft 7 under.
  const { $schema, ...schema } = JSON.parse(readFileSync(SCHEMA, "utf8")) as AnySchemaObject;
  expect($schema).toContain("draft-07");
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  return validate(compose) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("docker-compose.yml", () => {
  const { services, networks, volumes } = composeServices();
  const entries = Object.entries(services);
  const lasting = entries.filter(([, { profiles }]) => !profiles.includes("local"));

  test("keeps to the compose specification", () => {
    expect(complaints(readCompose())).toEqual([]);
  });

  test("would be found out if it did not", () => {
    const misspelt = { services: { redis: { image: "redis", stop_grace_periodd: "15s" } } };
    expect(complaints(misspelt)).toEqual([expect.stringContaining("must NOT have additional properties")]);
  });

  test.each(entries)("%s: names every image with a full version", (_, { image, build }) => {
    expect(fillIn(image, {})).toMatch(build === undefined ? PINNED : new RegExp(`:${manifest.version.replaceAll(".", String.raw`\.`)}$`));
  });

  test("takes another base image, such as one by its digest, from the environment, and else the Dockerfile's own", () => {
    const NODE_IMAGE = `node:24@sha256:${"a".repeat(64)}`;
    const REDIS_IMAGE = `redis:7@sha256:${"b".repeat(64)}`;
    expect(fillIn(services["redis"]?.image ?? "", { REDIS_IMAGE })).toBe(REDIS_IMAGE);
    const dockerfile = parseDockerfile(readFileSync(join(ROOT, "Dockerfile"), "utf8"));
    for (const [name, { build }] of entries.filter(([, service]) => service.build !== undefined)) {
      const passed = (env: Record<string, string>) => Object.fromEntries(Object.entries(build?.args ?? {}).map(([argument, value]) => [argument, fillIn(value, env)]));
      expect(passed({ NODE_IMAGE }), name).toEqual({ NODE_IMAGE });
      expect(passed({}), name).toEqual(dockerfile.arguments);
    }
  });

  test.each(entries)("%s: publishes ports on loopback only", (_, { ports }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test.each(lasting)("%s: holds no secret and no default for one", (_, { environment, command, ports }) => {
    const secrets = Object.entries(environment).filter(([variable]) => SECRET.test(variable));
    expect(secrets.filter(([, value]) => value !== null)).toEqual([]);
    expect(command.filter((word) => /key|pass|secret/i.test(word))).toEqual([]);
    expect(ports).toEqual([]);
  });

  test.each(entries)("%s: has no rights it does not need", (_, service) => {
    expect(service).toMatchObject({ read_only: true, init: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(service).not.toHaveProperty("privileged");
    expect(service).not.toHaveProperty("cap_add");
    expect(service).not.toHaveProperty("container_name");
    expect(service.volumes.filter(({ type, read_only }) => type === "bind" && !read_only)).toEqual([]);
  });

  test("keeps Redis in a network of its own that leads nowhere", () => {
    expect(services["redis"]?.networks).toEqual(["queue"]);
    expect(networks["queue"]?.internal).toBe(true);
  });

  test("names every volume and network it uses", () => {
    const named = entries.flatMap(([, { volumes: mounts }]) => mounts.filter(({ type }) => type === "volume"));
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(named.map(({ source }) => source)));
    expect(Object.keys(networks)).toEqual(expect.arrayContaining(entries.flatMap(([, service]) => service.networks)));
  });

  test("watches whatever keeps running, and gives a worker more than the ten seconds it may take to end", () => {
    const running = entries.filter(([, { profiles }]) => !profiles.includes("tools"));
    for (const [name, service] of running) {
      expect(service, name).toHaveProperty("healthcheck");
      expect(service, name).toMatchObject({ restart: "unless-stopped" });
    }
    for (const name of ["worker", "worker-local"]) {
      const period = String(services[name]?.["stop_grace_period"]);
      expect(period).toMatch(/^\d+s$/);
      expect(Number.parseInt(period, 10)).toBeGreaterThan(10);
    }
  });

  test("lets the local worker in at the local S3 server, which makes the buckets that its configuration names", () => {
    const local = services["worker-local"]?.environment ?? {};
    const command = services["s3"]?.command ?? [];
    const given = (flag: string): string[] => command.filter((_, index) => command[index - 1] === flag);
    expect(given("--access-key")).toEqual([local["AWS_ACCESS_KEY_ID"]]);
    expect(given("--secret-key")).toEqual([local["AWS_SECRET_ACCESS_KEY"]]);
    expect(local["AWS_ENDPOINT_URL_S3"]).toBe(`http://s3:${given("--port")[0]}`);

    const urls = [local["APERTURE_LEDGER_SOURCE"], local["APERTURE_LEDGER_LAKE"]].map((url) => new URL(String(url)).hostname);
    expect(urls).toEqual(given("--bucket"));
    expect(local["APERTURE_LEDGER_REDIS"]).toMatch(/^redis:\/\/redis:6379\/[1-9]/);
  });
});

describe("Dockerfile", () => {
  const { stages } = parseDockerfile(readFileSync(join(ROOT, "Dockerfile"), "utf8"));

  test("starts from images with a full version", () => {
    const names = new Set(stages.map(({ name }) => name));
    const images = stages.map(({ base }) => base).filter((base) => !names.has(base));
    expect(images.length).toBeGreaterThan(0);
    for (const image of images) expect(image).toMatch(PINNED);
  });

  test("runs on the Node that the tests run on", () => {
    expect(stages[0]?.base).toContain(`node:${process.versions.node}-`);
  });

  test("builds what docker-compose.yml asks for, by default the ledger", () => {
    const targets = Object.values(composeServices().services).flatMap(({ build }) => (build === undefined ? [] : [build.target]));
    expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(targets));
    expect(stages.at(-1)?.name).toBe("ledger");
  });

  test.each(["ledger", "s3"])("%s does not run as root", (name) => {
    const users = stages.find((stage) => stage.name === name)?.instructions.filter(({ keyword }) => keyword === "USER");
    expect(users?.at(-1)?.words).toEqual(["node"]);
  });

  test("is built without configuration, credentials, data or tests", () => {
    const reaches = contextFilter(readFileSync(join(ROOT, ".dockerignore"), "utf8"));
    const kept = ["src/cli/start.js", "src/run/run-once.ts", "package.json", "test/services/ceph.ts"];
    const left = ["aperture-ledger.yaml", ".env", ".git/config", "node_modules/zod/package.json", "demo/lake", "test/deploy/compose-file.ts", "docs/tables.md"];
    expect([...kept, ...left].filter(reaches)).toEqual(kept);
  });

  test("carries this version", () => {
    const labels = stages.at(-1)?.instructions.filter(({ keyword }) => keyword === "LABEL").flatMap(({ words }) => words);
    expect(labels).toContain(`org.opencontainers.image.version=${manifest.version}`);
    // What it is built on, whatever a build says.
    expect(labels).toContain("org.opencontainers.image.base.name=${NODE_IMAGE}");
    expect(labels).toContain(`org.opencontainers.image.licenses=${manifest.license}`);
  });
});
