import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findForbidden } from "./find-forbidden.ts";

/** `docs/adr/` and the changelog are history and keep their words. */
const READ = ["src/**/*.ts", "jobs/**/*.ts", "docs/*.md", "README.md", "CONTRIBUTING.md"];

/** Words of texts that tables and closed months hold: other words would be other bytes. */
const STORED: readonly (readonly [file: string, text: string])[] = [
  ["src/chargeback/closing/book-month.ts", "anew"],
  ["src/chargeback/sections/quality/reading-notes.ts", "of which"],
];

const root = join(import.meta.dirname, "../..");
const found = globSync(READ, { cwd: root }).toSorted().flatMap((file) =>
  findForbidden(readFileSync(join(root, file), "utf8")).filter(({ text }) => !STORED.some(([stored, words]) => stored === file && words === text)).map(({ line, text, instead }) => `${file}:${String(line)}: "${text}": write ${instead}`),
);
if (found.length > 0) {
  console.log(found.join("\n"));
  console.log(`${String(found.length)} phrases that readers stumble over`);
  process.exitCode = 1;
}
