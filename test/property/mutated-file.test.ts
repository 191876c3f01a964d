import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { checkMutatedFile, mutatedFiles } from "./mutated-file.ts";
import { runs } from "./runs.ts";

const folder = mkdtempSync(join(tmpdir(), "mutated-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("reads a mutated file without losing a record before the damage, the same however its bytes arrive", async () => {
  const files = await mutatedFiles();
  const property = fc.asyncProperty(files, (mutated) => checkMutatedFile(mutated, join(folder, "export.cbor.zstd")));
  await expect(fc.assert(property, runs(300))).resolves.toBeUndefined();
});
