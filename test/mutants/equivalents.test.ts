import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AREAS } from "./areas.ts";
import { EQUIVALENTS } from "./equivalents.ts";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = AREAS.flatMap(({ sources }) => sources.flatMap((glob) => globSync(glob, { cwd: ROOT })));

test.each(AREAS.map(({ name, sources, tests }) => [name, sources, tests] as const))("the area %s has files and tests", (_, sources, tests) => {
  for (const glob of [...sources, ...tests]) expect(globSync(glob, { cwd: ROOT }).length, glob).toBeGreaterThan(0);
});

test("each mutant that is listed as equivalent is of a line that there is, and says why", () => {
  const lost = EQUIVALENTS.filter(({ file, line }) => {
    const files = SOURCES.filter((source) => source.endsWith(`/${file}`));
    return !files.some((source) => readFileSync(join(ROOT, source), "utf8").split("\n").some((written) => written.trim() === line));
  });
  expect(lost).toEqual([]);
  expect(EQUIVALENTS.every(({ reason }) => reason.length > 20)).toBe(true);
});
