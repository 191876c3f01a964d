import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LONGEST } from "./longest-first.ts";

test.each(LONGEST)("%s, which is started among the first, is there", (file) => {
  expect(existsSync(join(import.meta.dirname, "..", file))).toBe(true);
});
