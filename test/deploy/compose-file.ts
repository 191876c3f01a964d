import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

export const ROOT = join(import.meta.dirname, "../..");

const service = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), target: z.string(), args: z.record(z.string(), z.string()).default({}) }).optional(),
  command: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  volumes: z.array(z.object({ type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().default(false) })).default([]),
  networks: z.array(z.string()).default(["default"]),
  secrets: z.array(z.string()).default([]),
});
const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) }).nullable()),
});

export type ComposeService = z.infer<typeof service>;

/** docker-compose.yml with its anchors filled in, as it stands: for the schema. */
export function readCompose(): unknown {
  return parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true });
}

/** The same, narrowed to the forms this project writes. */
export function composeServices(): z.infer<typeof composeFile> {
  return composeFile.parse(readCompose());
}

export function serviceNamed(name: string): ComposeService {
  const found = composeServices().services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** A health check of the form `[CMD, program, …]`, without the CMD. */
export function healthCommand(name: string): string[] {
  const [kind, ...command] = serviceNamed(name).healthcheck?.test ?? [];
  if (kind !== "CMD") throw new Error(`the health check of ${name} is not of the form [CMD, …]`);
  return command;
}

/**
 * Environment of a service as its container has it: what is passed on from `env`, the rest as it is written, and each file of
 * `/run/secrets` as the path on this machine that is mounted there.
 */
export function containerEnvironment(name: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const set = Object.entries(serviceNamed(name).environment).flatMap(([variable, written]) => {
    const value = written ?? env[variable];
    return value === undefined ? [] : [[variable, mountedPath(name, fillIn(value, env), env)] as const];
  });
  return Object.fromEntries(set);
}

/** What a path of a service's container leads to on this machine. */
export function mountedPath(name: string, path: string, env: Readonly<Record<string, string>>): string {
  const [, secret] = /^\/run\/secrets\/(.+)$/.exec(path) ?? [];
  if (secret === undefined) return path;
  const { services, secrets } = composeServices();
  if (services[name]?.secrets.includes(secret) !== true) throw new Error(`docker-compose.yml mounts no secret ${secret} for ${name}`);
  return fillIn(secrets[secret]?.file ?? "", env);
}

/** Compose's `${NAME:-default}`: the default also where the variable is empty. */
export function fillIn(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+):-([^}]*)\}/g, (_, variable: string, other: string) => env[variable] || other);
}
