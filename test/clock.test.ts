import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
/** Where the time is asked for. What other programs import gets no clock. S3 compares signatures and locks with its own clock, which no given one may stand for. */
const ASKING = /^src\/(?:cli\/main\.ts|library\/|storage\/s3\/)/;

test("nothing but the start of a command, the library and the S3 client asks this machine for the time", () => {
  const asking = globSync("{src,jobs}/**/*.ts", { cwd: ROOT }).filter((file) => /new Date\(\)|Date\.now\(\)/.test(readFileSync(join(ROOT, file), "utf8")));
  expect(asking.filter((file) => !ASKING.test(file))).toEqual([]);
  expect(asking).toContain("src/cli/main.ts");
});
