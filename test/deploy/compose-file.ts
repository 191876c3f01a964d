import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

export const ROOT = join(import.meta.dirname, "../..");

const service = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), target: z.string() }).optional(),
  command: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  volumes: z.array(z.object({ type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().default(false) })).default([]),
  networks: z.array(z.string()).default(["default"]),
});
const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
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
