import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ROOT } from "../deploy/compose-file.ts";
import { runProgram } from "../deploy/processes.ts";

const bins = z.union([z.string(), z.record(z.string(), z.string())]).default({});
const lockFile = z.object({
  packages: z.record(z.string(), z.looseObject({ name: z.string().optional(), dev: z.boolean().default(false), devOptional: z.boolean().default(false), bin: bins })),
});

/**
 * Puts the packages that `npm ci --omit=dev` installs into `node_modules` of a folder: copies of the checkout's own, which are the same. So a test
 * needs no network, and whatever only the development dependencies bring is not there.
 */
export async function copyProductionPackages(folder: string): Promise<void> {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  // Of other platforms there is none. Those inside another package come along with it.
  const places = Object.entries(packages).filter(([place, { dev, devOptional }]) => place.lastIndexOf("node_modules/") === 0 && !dev && !devOptional && existsSync(join(ROOT, place)));
  const { code, stderr } = await runProgram("cp", ["-a", "--parents", ...places.map(([place]) => place), folder], { cwd: ROOT, timeout: 300_000 });
  if (code !== 0) throw new Error(stderr);
  mkdirSync(join(folder, "node_modules/.bin"));
  for (const [place, { bin }] of places) {
    const name = place.slice("node_modules/".length);
    const commands = typeof bin === "string" ? { [name]: bin } : bin;
    for (const [command, file] of Object.entries(commands)) symlinkSync(join("..", name, file), join(folder, "node_modules/.bin", command));
  }
}
