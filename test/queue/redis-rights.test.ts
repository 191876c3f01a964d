import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { findings, of } from "../cli/findings.ts";
import { type EncryptedRedis, startEncryptedRedis } from "../services/redis-tls.ts";
import { ServiceProcesses } from "../services/service-processes.ts";
import { expectWholeWorker } from "./whole-worker.ts";

const PASSWORD = "hidden/p@ss";

/** The rules of the user that the documentation makes. */
function documentedRules(): string[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/redis.md"), "utf8");
  const block = /^user ledger on >PASSWORD ([^`]+?)\n```/m.exec(page)?.[1] ?? "";
  return block.replaceAll(/\\\n/g, " ").split(/\s+/);
}

/** What was refused, and over what. */
function refusals(entries: readonly (readonly string[])[]): string[] {
  return entries.map((entry) => ["reason", "object"].map((field) => entry[entry.indexOf(field) + 1]).join(" "));
}

let services: ServiceProcesses;
let redis: EncryptedRedis;

beforeAll(async () => {
  services = new ServiceProcesses();
  redis = await startEncryptedRedis(services);
  await redis.admin.call("ACL", "SETUSER", "ledger", "on", `>${PASSWORD}`, ...documentedRules());
  await redis.admin.call("ACL", "SETUSER", "default", "off");
});
afterAll(async () => {
  redis.admin.disconnect();
  await services.stop();
});

test("a worker does all its work over TLS, with a certificate, as a user with the documented rights only", async () => {
  const { ca, cert, key, place } = redis;
  await redis.admin.call("ACL", "LOG", "RESET");
  const { worker, doctor } = await expectWholeWorker({ url: `rediss://ledger@${place}`, ca, cert, key }, { REDIS_PASSWORD: PASSWORD });
  expect(doctor).toMatch(/^version .*, maxmemory-policy noeviction, append-only file$/);
  worker.child.kill("SIGTERM");
  expect(await worker.ended).toBe(0);
  expect(worker.log()).not.toContain(PASSWORD);
  // Whether older queues are there is the one thing asked that such a user may not know.
  expect(refusals((await redis.admin.call("ACL", "LOG")) as string[][])).toEqual([expect.stringMatching(/^key aperture-ledger-[0-9a-f]{8}:jobs:meta$/)]);
});

test("the user has no rights over other keys, the server, or its users", async () => {
  for (const [command, ...args] of [["GET", "other"], ["FLUSHALL"], ["CONFIG", "GET", "*"], ["ACL", "LIST"], ["KEYS", "*"], ["SHUTDOWN"]]) {
    expect(await redis.admin.call("ACL", "DRYRUN", "ledger", command!, ...args)).toMatch(/no permissions/);
  }
});

test("doctor says what is wrong with certificate, authority, password and file, and never the password", async () => {
  const { ca, cert, key, place } = redis;
  const secret = encodeURIComponent(PASSWORD);
  const find = async (written: unknown): Promise<string> => {
    const { found } = await findings(stringify({ redis: written }));
    expect(JSON.stringify(found)).not.toMatch(/hidden/);
    return of(found, "redis").finding;
  };
  const url = `rediss://ledger:${secret}@${place}`;
  expect(await find({ url, ca, cert, key })).toMatch(/^version/);
  expect(await find(url)).toMatch(/does not answer: .*(?:certificate|self.signed)/i);
  expect(await find({ url, ca })).toMatch(/does not answer/);
  expect(await find({ url: `rediss://ledger:hidden-other@${place}`, ca, cert, key })).toMatch(/does not answer: WRONGPASS/);
  expect(await find({ url, ca: "/nowhere/ca.pem" })).toMatch(/redis: ca \/nowhere\/ca\.pem cannot be read/);
});
