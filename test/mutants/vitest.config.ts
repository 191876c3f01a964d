import { defineConfig } from "vitest/config";
import { areaNamed } from "./areas.ts";

const area = areaNamed(process.env["MUTANTS_AREA"]);

/** Each run of vitest inside StrykerJS: the tests of one area, without the servers that the whole suite brings. */
export default defineConfig({
  test: {
    include: [...area.tests],
    setupFiles: ["test/begin-file.ts"],
    exclude: [...(area.without ?? [])],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
