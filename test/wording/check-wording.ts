import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findForbidden } from "./find-forbidden.ts";

/** `docs/adr/` and the changelog are history and keep their words. */
const READ = ["src/**/*.ts", "jobs/**/*.ts", "docs/*.md", "README.md", "CONTRIBUTING.md"];

const root = join(import.meta.dirname, "../..");
const found = globSync(READ, { cwd: root }).toSorted().flatMap((file) =>
  findForbidden(readFileSync(join(root, file), "utf8")).map(({ line, text, instead }) => `${file}:${String(line)}: "${text}": write ${instead}`),
);
if (found.length > 0) {
  console.log(found.join("\n"));
  console.log(`${String(found.length)} phrases that readers stumble over`);
  process.exitCode = 1;
}
